package session

import (
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Who may dial an address that several sessions claim: protocol.MayDial.

// Call returns the handle of the session into which what our user sends to peer belongs: of one
// that there is, or of a new one, which open makes and carry has connected. MustProve says that
// peers of that type prove who they are; byDial that Dialed will be called. Open and carry are
// called with the table locked. It fails with ErrClosed, and as open does.
func (t *Table) Call(peer wire.EntityInst, mustProve, byDial bool, open func() (*Session, error),
	carry func(*Session)) (*Connection, error) {
	var left leftovers
	t.mu.Lock()
	c, err := t.callLocked(peer, mustProve, byDial, open, carry, &left)
	t.mu.Unlock()
	left.run()
	return c, err
}

func (t *Table) callLocked(peer wire.EntityInst, mustProve, byDial bool,
	open func() (*Session, error), carry func(*Session),
	left *leftovers) (*Connection, error) {
	if t.closed {
		return nil, ErrClosed
	}
	for _, s := range t.at(peer.Addr) {
		var c *Connection
		news := false
		left.locked(s, func() {
			if c, news = s.callLocked(peer.Name, mustProve); c != nil {
				s.givenLocked(byDial)
			}
		})
		if news {
			t.yieldLocked(peer.Addr, s, left)
		}
		if c != nil {
			return c, nil
		}
	}
	s, err := open()
	if err != nil {
		return nil, err
	}
	for _, old := range t.at(peer.Addr) {
		// it is on its way out, and shall not be forgotten on it
		if old.abandonTo(peer.Name, mustProve, left) {
			t.removeLocked(old)
		}
	}
	if byDial {
		left.locked(s, func() { s.dials = 1 })
	}
	t.registerLocked(nil, s)
	t.yieldLocked(peer.Addr, s, left)
	carry(s)
	return s.connection, nil
}

// yieldLocked leaves the right to dial an address to one of its sessions.
func (t *Table) yieldLocked(addr wire.EntityAddr, to *Session, left *leftovers) {
	for _, s := range t.at(addr) {
		if s != to {
			left.locked(s, func() {
				s.asked = false
				s.yieldLocked()
			})
		}
	}
}

// callLocked returns the handle if what is sent to that name belongs into the session, and notes
// that it was asked for. News says that it had no right to dial before: others of the address are
// to yield.
func (s *Session) callLocked(n wire.EntityName, mustProve bool) (c *Connection, news bool) {
	if !s.usableLocked() || !s.claim.Serves(n, mustProve) {
		return nil, false
	}
	if !s.asked {
		s.asked, news = true, true
		peer := s.Peer()
		s.policy.Server = s.host.Policy(peer.Name.Type).Server || protocol.ListensNowhere(peer.Addr)
		s.wakeLocked()
	}
	return s.connection, news
}

// yieldLocked leaves it to the peer to connect.
func (s *Session) yieldLocked() {
	s.policy.Server = true
	if (s.state == protocol.Connecting || s.state == protocol.Wait) && !s.policy.Lossy {
		s.dropLinkLocked()
		s.setStateLocked(protocol.Standby)
		s.wakeLocked()
	}
}

// abandonTo ends a session that is closing or closed and into which a message to that name would
// belong, because another one is about to be registered in its place. It reports whether it was
// such a one.
func (s *Session) abandonTo(n wire.EntityName, mustProve bool, left *leftovers) (abandoned bool) {
	left.locked(s, func() {
		abandoned = s.connection != nil && !s.usableLocked() && s.claim.Serves(n, mustProve)
		if abandoned {
			s.endLocked(protocol.ExitAbandon, nil)
		}
	})
	return abandoned
}

// sessionOfLocked returns the session that a principal comes to, nil if there is none. Beside says
// that others have sessions at the address. As long as the table is locked nobody gets or loses
// one.
func (t *Table) sessionOfLocked(addr wire.EntityAddr,
	principal protocol.Principal) (found *Session, beside bool) {
	for _, s := range t.at(addr) {
		s.locked(nil, func() {
			if found == nil && s.claim.Admits(principal) {
				found = s
			} else if s.existingLocked() != nil {
				beside = true
			}
		})
	}
	return found, beside
}
