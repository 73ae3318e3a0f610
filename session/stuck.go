package session

import "simplemessenger/protocol"

// stumbledLocked looks at how an open socket ended. It returns the error with which it did, and
// what more is to be said of it.
func (s *Session) stumbledLocked(err error) error {
	if s.state != protocol.Open || s.policy.Lossy {
		return err
	}
	first, _ := s.out.sent.front()
	now := protocol.StumbleOver(err, s.numbers.InSeq+1, first.seq)
	s.stumbles, s.stumble = now.Again(s.stumble, s.stumbles), now
	if s.stumbles < protocol.StuckAfter {
		return err
	}
	stuck := &protocol.StuckError{Stumble: now, Times: s.stumbles, Err: err}
	if m := first.message; m != nil && !now.Incoming {
		stuck.Type, stuck.Bytes = m.Type, m.PayloadLen()
	}
	if s.stumbles == protocol.StuckAfter {
		s.events.stuck(stuck)
	}
	return stuck
}

// giveUpLocked begins the session anew, from our side: the user is told, and so will the peer be
// when it comes.
func (s *Session) giveUpLocked(next protocol.State, err error) {
	s.resetLocked(protocol.LossGivenUp, err)
	s.numbers.Renounce()
	if next == protocol.Wait {
		s.waitForPeerLocked()
	} else {
		s.pauseLocked(true)
		s.setStateLocked(next)
	}
	s.wakeLocked()
}

// stuckLocked says what a session is stuck over, for dumps; "" if it is not.
func (s *Session) stuckLocked() string {
	if s.stumbles < protocol.StuckAfter {
		return ""
	}
	return (&protocol.StuckError{Stumble: s.stumble, Times: s.stumbles}).What()
}
