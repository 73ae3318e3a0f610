package session

import (
	"time"

	"simplemessenger/internal/frame"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Link is one socket as a session sees it, from dial or accept to its end. An engine makes it, with
// the fields above Format; a session has at most one at a time.
type Link struct {
	Socket  Socket
	Attempt int    // the how many-th of its carrier, from 1
	Direct  bool   // Socket.WriteNow works
	Events  Events // of its carrier

	// Format is how frames look, as agreed in the handshake; constant while the session is open on
	// it.
	Format frame.Format

	// Guarded by the session's lock.
	writing    bool   // somebody has the right to write at this moment: nobody else may
	unfinished *Batch // what a direct write has left
	batch      *Batch // what is being written, or is left; nil if nothing is
	// when our latest connect message was about to be written; zero before, and on accepted sockets
	askedAt  time.Time
	answered bool // the peer's answer opens the session
	read     bool // the handshake is over, and what comes is read
	// the peer's CLOSE came while ours was being written: that is the end of the link
	closesBehind bool
	closeWritten time.Time // when ours was
	openedAt     time.Time // when the session was opened on it; zero before
	// when the keepalive was asked for that is not answered yet; zero if there is none
	unanswered time.Time
	heard      heard // when Keepalive looked last
	accepted   accepted

	// Owned by who reads.
	connection *Connection     // of the session
	ackOwed    bool            // messages were read since the writer was last asked to ack
	source     wire.EntityName // of the latest message
	disputed   bool            // and it is none that the peer's principal can have
	// Of the policy; nil for no limit.
	throttleMessages, throttleBytes *throttle.Throttle
}

// accepted is what a session remembers of being opened by the peer, until that has got the answer.
type accepted struct {
	replace    bool   // it had been here before
	connectSeq uint32 // before this connection was counted
}

// Connection returns the handle of the session that was opened on the link. For who reads.
func (l *Link) Connection() *Connection { return l.connection }

// Throttles returns the policy's throttles for messages that come by the link; nil for no limit.
// For who reads.
func (l *Link) Throttles() (messages, bytes *throttle.Throttle) {
	return l.throttleMessages, l.throttleBytes
}
