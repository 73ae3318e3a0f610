package session

import (
	"time"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// What an attempt to connect does to the session, step by step. Each returns ErrReplaced if the
// session has given the link up meanwhile.

// Dial begins an attempt by a link whose socket is yet to be opened.
func (s *Session) Dial(c Carrier, l *Link) (err error) {
	s.do(func() {
		if s.carrier != c || s.state != protocol.Connecting {
			err = ErrReplaced
			return
		}
		s.link = l
	})
	return err
}

// Refused tells the user that nobody listens at the peer's address.
func (s *Session) Refused(l *Link) {
	_ = s.on(l, func() { s.queueEventLocked(dispatchqueue.KindRefused) })
}

// Hello fills a connect message in, and says which features the peer must have. A session that
// cannot go on begins anew.
func (s *Session) Hello(l *Link) (hello wire.Connect, required wire.Features, err error) {
	err = s.on(l, func() {
		if s.exhaustedLocked() {
			s.resetLocked(protocol.LossExhausted, protocol.ErrExhausted)
		}
		ours, theirs := s.host.Name().Type, s.Peer().Name.Type
		required = s.policy.FeaturesRequired
		hello = wire.Connect{
			Features:        s.policy.Offers(),
			HostType:        ours,
			GlobalSeq:       s.host.NextGlobalSeq(0),
			ConnectSeq:      s.numbers.ConnectSeq,
			ProtocolVersion: wire.ProtocolVersion(theirs, ours),
		}
		if s.policy.Lossy {
			hello.Flags |= wire.FlagLossy
		}
	})
	return hello, required, err
}

// Asked notes that a connect message is about to be written.
func (s *Session) Asked(l *Link) error {
	return s.on(l, func() { l.askedAt = time.Now() })
}

// Retry goes on as the answer asks for. It returns the global_seq of the next connect message.
func (s *Session) Retry(l *Link, r protocol.Reaction) (globalSeq uint32, err error) {
	err = s.on(l, func() {
		if r.ResetSession {
			s.resetLocked(protocol.LossForgotten, ErrPeerLost)
		}
		s.numbers.Retry(r.ConnectSeq)
		globalSeq = s.host.NextGlobalSeq(r.GlobalSeq)
	})
	return globalSeq, err
}

// Answered notes that the peer's answer opens the session.
func (s *Session) Answered(l *Link) { _ = s.on(l, func() { l.answered = true }) }

// Opened opens the session as agreed. Afterwards the user is to be told (Dispatch.FastConnect),
// which may end it, and then Read is to be asked.
func (s *Session) Opened(l *Link, r protocol.Reaction, agreed wire.Features,
	security auth.Security) error {
	l.Format = formatOf(s.host, agreed, security)
	return s.on(l, func() {
		s.openLocked(r.ConnectSeq, r.GlobalSeq, agreed)
		s.policy.Lossy = r.Lossy
		l.openedAt = time.Now()
		s.backoff, s.retryAt = 0, time.Time{}
		s.setStateLocked(protocol.Open)
		s.events.openedLocked(false, s)
		s.queueEventLocked(dispatchqueue.KindConnect)
	})
}

// Read reports whether reading may begin on the link of an opened session; ErrReplaced if not.
func (s *Session) Read(l *Link) error {
	return s.on(l, func() {
		l.connection, l.read = s.connection, true
		l.throttleMessages, l.throttleBytes = s.policy.ThrottleMessages, s.policy.ThrottleBytes
	})
}

// SEQ, in either role.

// InSeq returns the number of the last message taken in, for SEQ. The side that connects speaks
// last: with acked it counts as an ack.
func (s *Session) InSeq(l *Link, acked bool) (seq uint64, err error) {
	err = s.on(l, func() {
		seq = s.numbers.InSeq
		if acked {
			seq = s.numbers.Ack()
		}
	})
	return seq, err
}

// PeerHas takes the peer's SEQ: what it has is dropped from what is to be sent again.
func (s *Session) PeerHas(l *Link, seq uint64) error {
	closed := false
	err := s.on(l, func() {
		if closed = s.state == protocol.Closing; closed {
			return // its user has closed it meanwhile
		}
		n := s.out.discardRequeued(seq, s.arrivedLocked)
		s.roomChangedLocked()
		if n > 0 {
			s.progressLocked() // the peer has it, although its ack was lost
		}
		s.events.discarded(n, seq)
		sent := s.numbers.OutSeq + uint64(n)
		if s.numbers.Discard(n, seq) {
			s.events.sequenceAhead(sent, seq)
		}
	})
	if closed {
		return ErrReplaced
	}
	return err
}
