package session

import "simplemessenger/protocol"

// A Dial of the messenger's that gives up ends the session that it has begun, unless somebody else
// has got the handle meanwhile.

// givenLocked notes that the handle is given to a Dial, or to who keeps it.
func (s *Session) givenLocked(byDial bool) {
	switch {
	case !byDial:
		s.dials = 0
	case s.dials > 0:
		s.dials++
	}
}

// Dialed notes that a Dial of the connection is over, for which Table.Call was called.
func Dialed(c *Connection, opened bool) {
	s := c.session
	if s == nil {
		return
	}
	s.do(func() {
		switch {
		case s.dials == 0: // somebody keeps it
		case opened:
			s.dials = 0
		default:
			if s.dials--; s.dials == 0 {
				s.endLocked(protocol.ExitMarkDown, nil)
			}
		}
	})
}
