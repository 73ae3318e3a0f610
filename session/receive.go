package session

import (
	"time"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// ackInterval is how many messages are read before the writer is woken to ack them although more
// are at hand.
const ackInterval = 64

// OweNothing sees to it that messages that were read get their ack before the reader of l waits for
// more.
func (s *Session) OweNothing(l *Link) {
	if !l.ackOwed {
		return
	}
	l.ackOwed = false
	_ = s.on(l, func() {
		if s.numbers.AckDue(s.policy.Lossy) {
			s.wakeLocked()
		}
	})
}

// AckReceived drops what the peer has acked. An ack of what was never sent acks all that was.
func (s *Session) AckReceived(l *Link, seq uint64) error {
	return s.on(l, func() {
		limited := s.sentLimitReachedLocked()
		n := s.out.ack(seq, s.arrivedLocked)
		if n > 0 {
			s.progressLocked()
		}
		if limited {
			s.wakeLocked()
		}
		s.events.acked(seq, n)
	})
}

// arrivedLocked tells who asked that the peer has a message.
func (s *Session) arrivedLocked(f *fate) { s.overLocked(f, nil) }

// KeepaliveReceived notes a sign of life, and has a KEEPALIVE2 answered.
func (s *Session) KeepaliveReceived(l *Link, tag wire.Tag, stamp wire.Timespec) error {
	now := time.Now()
	if tag == wire.TagKeepalive2Ack {
		l.connection.lastKeepaliveAck.Store(&now)
	} else {
		l.connection.lastKeepalive.Store(&now)
	}
	l.Events.keepaliveReceived(tag, stamp) // who is told finds it noted
	return s.on(l, func() {
		switch tag {
		case wire.TagKeepalive2:
			s.numbers.OweKeepaliveAck()
			s.keepaliveStamp = stamp
			s.wakeLocked()
		case wire.TagKeepalive2Ack:
			s.numbers.KeepaliveAnswered()
			l.unanswered = time.Time{}
		default: // KEEPALIVE wants no answer
		}
	})
}

// Receive takes a whole and valid message into the session. It reports whether it is to be handed
// up, which the caller does next, with HandUp; if not, the session has it already, or does not want
// it. Last says that no further one is at hand.
func (s *Session) Receive(l *Link, m *Message, dispatchSize int64,
	last bool) (take bool, err error) {
	refused := ""
	renamed := m.Source != l.source
	err = s.on(l, func() { refused = s.receiveLocked(l, m, last) })
	switch {
	case err != nil:
		s.GiveBack(m, dispatchSize)
		return false, err
	case refused != "":
		s.Drop(l, m, dispatchSize, refused)
		return false, nil
	}
	l.Events.messageReceived(m)
	if renamed && !l.disputed {
		l.connection.learnName(m.Source)
	}
	return true, nil
}

// receiveLocked returns why a message is not to be handed up, "" if it is.
func (s *Session) receiveLocked(l *Link, m *Message, last bool) (refused string) {
	expected := s.numbers.InSeq + 1
	switch s.numbers.Receive(m.Seq, l.Format.Features.Has(wire.FeatureReconnectSeq)) {
	case protocol.ReceiptDuplicate:
		l.ackOwed = l.ackOwed || s.numbers.AckDue(s.policy.Lossy)
		return "duplicate"
	case protocol.ReceiptGap:
		s.events.sequenceGap(expected, m.Seq)
	case protocol.ReceiptNext:
	}
	s.progressLocked()
	if m.Source != l.source {
		l.source, l.disputed = m.Source, !s.claim.Principal.Fits(m.Source)
	}
	m.SourceDisputed = l.disputed
	m.connection = s.connection
	l.ackOwed = true
	if m.Seq-s.numbers.InSeqAcked >= ackInterval && s.numbers.AckDue(s.policy.Lossy) {
		s.wakeLocked()
	}
	if l.disputed && s.policy.VerifySource {
		return "its source is not the peer's principal"
	}
	s.dispatching, s.dispatchingLast = true, last
	return ""
}

// HandUp gives a message that Receive has taken to the dispatchers, at once or, where that is asked
// for, later. It is the receiver's then.
func (s *Session) HandUp(m *Message, dispatchSize int64) {
	c := m.connection
	if s.delays() {
		s.delay(m, dispatchSize)
	} else {
		s.host.Dispatch().Deliver(m, dispatchSize)
	}
	lost := false
	s.do(func() {
		s.dispatching, s.dispatchingLast = false, false
		if s.whenIdle != nil {
			s.laterLocked().call = s.whenIdle
			s.whenIdle = nil
		}
		lost = s.state == protocol.Closed && s.policy.Lossy && !s.endsOrderlyLocked()
	})
	if lost {
		// The session ended meanwhile and its queue was emptied, perhaps before this message came
		// into it.
		s.host.Dispatch().DiscardConnection(c.id)
	}
}

// GiveBack ends a message that is not delivered.
func (s *Session) GiveBack(m *Message, dispatchSize int64) {
	if dispatchSize > 0 {
		s.host.Dispatch().DispatchThrottle().Put(dispatchSize)
	}
	m.leave()
}

// Drop ends a message that is not delivered, and tells why.
func (s *Session) Drop(l *Link, m *Message, dispatchSize int64, reason string) {
	l.Events.messageDropped(m, reason)
	s.GiveBack(m, dispatchSize)
}
