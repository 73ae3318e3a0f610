package session

import (
	"time"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// heard is what changes when something comes by a link.
type heard struct {
	inSeq, acked            uint64
	keepalive, keepaliveAck *time.Time
}

// CheckKeepalive gives the socket of an open session up if the answer to a keepalive takes longer
// than timeout, if that is not 0.
func (s *Session) CheckKeepalive(now time.Time, timeout time.Duration) {
	s.do(func() { s.checkKeepaliveLocked(now, timeout) })
}

func (s *Session) checkKeepaliveLocked(now time.Time, timeout time.Duration) {
	if !s.isReadLocked() || s.link.unanswered.IsZero() || timeout == 0 {
		return
	}
	if s.carrier.HoldsUp() {
		s.link.unanswered = now // the answer may lie unread in the socket
	}
	if now.Sub(s.link.unanswered) >= timeout {
		s.faultLocked(ErrNoKeepalive, protocol.StageWriterWait)
	}
}

// Keepalive looks after an open session on behalf of its messenger: it does what CheckKeepalive
// does, and has the peer asked for a sign of life if that is due, or if nothing has come by the
// link since it was called last.
func (s *Session) Keepalive(now time.Time, due bool, timeout time.Duration) {
	s.do(func() {
		s.checkKeepaliveLocked(now, timeout)
		if !s.isReadLocked() || !s.silentLocked() && !due {
			return
		}
		if s.link.unanswered.IsZero() && s.features.Has(wire.FeatureMsgrKeepalive2) {
			s.link.unanswered = now
		}
		s.numbers.AskKeepalive()
		s.wakeLocked()
	})
}

// isReadLocked reports whether the session is open and its link is read. While the handshake goes
// on behind the decision no answer can come; that it ends is for its own deadline.
func (s *Session) isReadLocked() bool { return s.state == protocol.Open && s.link.read }

// silentLocked reports whether nothing has come by the link since the last call.
func (s *Session) silentLocked() bool {
	c, l := s.connection, s.link
	last := l.heard
	l.heard = heard{s.numbers.InSeq, s.numbers.OutSeq - uint64(s.out.sent.len()),
		c.lastKeepalive.Load(), c.lastKeepaliveAck.Load()}
	return l.heard == last
}
