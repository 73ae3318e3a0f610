package pipe

import (
	"math/rand/v2"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// session is what outlives a socket: numbers, queues and the user's handle. Exactly one pipe owns a session, and its lock
// guards it; replacing a pipe hands the session over whole.
type session struct {
	connection *Connection
	claim      protocol.Claim // by what right the peer has it

	connectSeq    uint32        // connections there were within this session
	peerGlobalSeq uint32        // of the peer's latest connection
	features      wire.Features // agreed on the latest connection

	out        outQueue
	inSeq      uint64 // of the last message taken in
	inSeqAcked uint64 // of the last ack written

	keepalive    bool // a KEEPALIVE is to be written
	keepaliveAck bool // a KEEPALIVE2_ACK with keepaliveStamp is to be written
	// keepaliveStamp is that of the latest KEEPALIVE2: one prompt ack answers all before it.
	keepaliveStamp wire.Timespec
	// peerWaits: we told the peer to wait for our connection. Then it is owed one, even if nothing is queued, until it has
	// answered a keepalive on it.
	peerWaits bool
	// promiseBroken: an attempt of ours has failed since.
	promiseBroken bool

	stumble  protocol.Stumble // over which the latest open socket ended
	stumbles int              // sockets in a row that ended over it
	// renounced: this side has given the session up, and the peer does not know yet.
	renounced bool
	fruitless int // connections and attempts in a row that came to nothing: see PauseAfter

	room chan struct{} // closed when the out queue has more room than before; nil if nobody waits for that

	delayed delayLine // received messages whose delivery is put off on purpose
}

// opened takes what was agreed on a new connection.
func (s *session) opened(connectSeq, peerGlobalSeq uint32, agreed wire.Features) {
	s.connectSeq, s.peerGlobalSeq, s.features = connectSeq, peerGlobalSeq, agreed
	s.promiseBroken, s.renounced = false, false
	if s.peerWaits {
		// What opened it may have been left in a socket that the peer has given up, where nobody will answer.
		s.keepalive = true
		s.peerWaits = agreed.Has(wire.FeatureMsgrKeepalive2)
	}
}

// hasWork reports whether there is something for the sake of which to connect.
func (s *session) hasWork() bool { return s.out.queuedLen() > 0 || s.keepalive || s.peerWaits }

// reset begins the session anew after the peer has lost it. It returns the number of messages dropped.
func (s *session) reset() int {
	dropped := s.out.clear()
	s.out.seq = 0
	if s.features.Has(wire.FeatureMsgAuth) {
		// An observer shall not guess which numbers were used under the old session key.
		s.out.seq = uint64(rand.Uint32() >> 1)
	}
	s.inSeq, s.inSeqAcked = 0, 0
	s.connectSeq = 0
	s.keepaliveAck = false
	s.stumble, s.stumbles = protocol.Stumble{}, 0
	return dropped
}

// outOfNumbers reports whether not even the open socket of a session is of use any more.
func (s *session) outOfNumbers() bool {
	return protocol.Exhausted(0, s.inSeq, s.out.seq, s.out.queued > 0)
}

func (s *session) exhausted() bool {
	return protocol.Exhausted(s.connectSeq, s.inSeq, s.out.seq, s.out.queued > 0)
}
