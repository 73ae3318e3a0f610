package session

import (
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
)

// endLocked ends the session for good, by one of the ways of protocol.Exits, and wakes everybody
// who waits on it. Cause is what broke it, nil if nothing did. It does nothing the second time.
func (s *Session) endLocked(exit protocol.Exit, cause error) {
	if s.state == protocol.Closed {
		return
	}
	s.leaving = false
	if s.closeTimer != nil {
		s.closeTimer.Stop()
	}
	s.setStateLocked(protocol.Closed)
	s.ended.Store(true)
	s.dropLinkLocked()
	s.laterLocked().remove = true
	s.leaveCarrierLocked()
	c := s.connection
	if c == nil {
		return
	}
	s.roomChangedLocked()
	if admission := s.host.Admission(); admission != nil {
		admission.Leave(c)
	}
	loss := &LossError{Final: true, Exit: exit, Cause: cause}
	s.loseLocked(loss)
	s.events.queueDropped(loss.Unacked + loss.Unsent)
	if cancel := c.end(loss); cancel != nil {
		s.laterLocked().call = append(s.laterLocked().call, cancel)
	}
	leaving := protocol.Exits[exit]
	if leaving.Delayed {
		s.delayed.discard()
	}
	if leaving.Discard {
		s.host.Dispatch().DiscardConnection(c.id)
	}
	if leaving.Reset {
		s.queueResetLocked(dispatchqueue.KindReset, exit.String(), loss)
	}
}

// leaveCarrierLocked tells the carrier that the session is its own no longer.
func (s *Session) leaveCarrierLocked() {
	if s.carrier != nil {
		s.carrier.Leave()
	}
	s.wakeLocked()
}

// Stop ends the session at once, whatever it is doing, and tells the user of a reset if there is a
// handle. Called without locks.
func (s *Session) Stop() { s.do(func() { s.endLocked(protocol.ExitStop, nil) }) }

// markDown ends the session at its user's wish.
func (s *Session) markDown() { s.do(func() { s.endLocked(protocol.ExitMarkDown, nil) }) }

// reset ends the session because user code panicked over it.
func (s *Session) reset(err error) { s.do(func() { s.endLocked(protocol.ExitPanic, err) }) }

// Refuse ends the session of an accepted socket whose peer was not let in.
func (s *Session) Refuse(err error, stage protocol.Stage) {
	s.do(func() {
		if s.state == protocol.Accepting {
			s.events.faulted(stage, err, protocol.Closed, false)
			s.endLocked(protocol.ExitRefuse, err)
		}
	})
}

// The orderly end. Whoever wants to leave empties its out queue and writes CLOSE; the other side
// delivers what came before it, empties its own queue, and answers CLOSE. Then both have all that
// the other had to say. The side that began closes its socket first, so that no reset overtakes the
// last bytes.

// closeOrderly begins the end from this side. Acked says that CLOSE is put off until everything has
// been acked, so that a socket that breaks meanwhile costs nothing. Without an open socket it is
// put off until there is one, if something is queued.
func (s *Session) closeOrderly(acked bool) {
	s.do(func() {
		if s.refusesLocked() {
			return
		}
		if limit := s.config.CloseTimeout; limit > 0 {
			s.closeTimer = time.AfterFunc(limit, func() { s.closeInVain(ErrNotInTime) })
		}
		if s.state == protocol.Open && !acked {
			s.beginCloseLocked()
			return
		}
		s.leaving = true
		s.wakeLocked()
	})
}

// leaveWhenDoneLocked begins the end that was put off, if it is time. Behind each transition while
// the session is leaving.
func (s *Session) leaveWhenDoneLocked() {
	empty := s.out.queued == 0 && s.out.sent.len() == 0
	switch protocol.Depart(s.state, s.policy.Lossy, empty) {
	case protocol.DepartLater:
	case protocol.DepartAsTold:
		s.leaving = false
	case protocol.DepartByWord:
		s.leaving = false
		s.beginCloseLocked()
	case protocol.DepartAtOnce:
		s.endLocked(protocol.ExitClose, nil)
	}
}

func (s *Session) beginCloseLocked() {
	s.closeQueued = true
	s.setStateLocked(protocol.Closing)
	s.wakeLocked()
}

// closeInVain ends a session that did not get to its orderly end.
func (s *Session) closeInVain(why error) {
	s.do(func() { s.endLocked(protocol.ExitClose, why) })
}

// howItLeft returns nil if a session has ended with everything where it belongs; otherwise what was
// lost while it was leaving, or why it has ended.
func (s *Session) howItLeft() (err error) {
	s.do(func() {
		loss := s.connection.loss
		err = loss
		answered := s.closeCame && s.closeSent
		acked := loss.Exit == protocol.ExitClose && (!s.policy.Lossy || loss.Cause == nil)
		switch {
		case s.lostLeaving != nil:
			err = s.lostLeaving
		case loss.Unsent+loss.Unacked == 0 && (answered || acked):
			err = nil
		}
	})
	return err
}

// CloseReceived notes the peer's CLOSE. It returns ErrPeerClosed if that was the last word: else
// the reader waits for the peer to close the socket. While our own CLOSE is being written it cannot
// be told whether the peer has got it already, or says it too: the end of the write decides.
func (s *Session) CloseReceived(l *Link) error {
	var next protocol.Farewell
	err := s.on(l, func() {
		s.events.closeReceived()
		s.closeCame = true
		s.setStateLocked(protocol.Closing)
		next = protocol.HearClose(s.closeSent, l.batch != nil)
		l.closesBehind = next == protocol.FarewellBehind
		if next == protocol.FarewellAnswer {
			s.wakeLocked()
		}
	})
	if err == nil && next == protocol.FarewellOver {
		return ErrPeerClosed
	}
	return err
}

// AwaitsEnd returns for how long a reader that has got the peer's CLOSE at that time waits for it
// to close the socket, and then asks again; 0 is the end of its patience.
func (s *Session) AwaitsEnd(l *Link, came time.Time) (patience time.Duration) {
	_ = s.on(l, func() {
		var written time.Duration
		if !l.closeWritten.IsZero() {
			written = max(time.Since(l.closeWritten), 1)
		}
		patience = protocol.AwaitEnd(time.Since(came), written, s.config.HandshakeTimeout,
			s.config.ReadTimeout)
	})
	return patience
}

// endsOrderlyLocked reports whether the end has begun with CLOSE, from either side.
func (s *Session) endsOrderlyLocked() bool { return s.closeQueued || s.closeCame }
