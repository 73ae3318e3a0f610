package pipe

import (
	"simplemessenger/protocol"
)

// stumbled looks at how an open socket ended. It returns the error with which it did, and what more is to be said of it. Called with p.mu held.
func (p *Pipe) stumbled(err error) error {
	s := p.session
	if p.state != protocol.Open || p.policy.Lossy {
		return err
	}
	first, _ := s.out.sent.front()
	now := protocol.StumbleOver(err, s.InSeq+1, first.seq)
	s.stumbles, s.stumble = now.Again(s.stumble, s.stumbles), now
	if s.stumbles < protocol.StuckAfter {
		return err
	}
	stuck := &protocol.StuckError{Stumble: now, Times: s.stumbles, Err: err}
	if m := first.message; m != nil && !now.Incoming {
		stuck.Type, stuck.Bytes = m.Type, m.PayloadLen()
	}
	if s.stumbles == protocol.StuckAfter {
		p.events.stuck(stuck)
	}
	return stuck
}

// giveUp begins the session anew, from our side: the user is told, and so will the peer be when it comes. Called with p.mu held.
func (p *Pipe) giveUp(next protocol.State) {
	p.resetSession()
	p.session.Renounce()
	if next == protocol.Wait {
		p.waitForPeer()
	} else {
		p.pause(true)
		p.setState(next)
	}
	p.wakeWriter()
}

// stuck says what a session is stuck over, for dumps; "" if it is not. Called with p.mu held.
func (s *session) stuck() string {
	if s.stumbles < protocol.StuckAfter {
		return ""
	}
	return (&protocol.StuckError{Stumble: s.stumble, Times: s.stumbles}).What()
}
