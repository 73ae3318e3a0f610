package session

import (
	"net/netip"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// ErrTooManySessions: a peer's host, a principal, or all together have as many sessions as they
// may, and none is idle. The socket is closed without an answer.
var ErrTooManySessions = errors.New("too many sessions")

// Admission counts the sessions that peers have opened, and says which must give way. Its methods
// are leaves. Connections that never entered are ignored.
type Admission interface {
	// Admit asks for the place of one more session. It returns a connection that must be evicted
	// first, after which it is to be asked again; or an error if there is no place. The host is
	// that of the peer's socket, whatever the peer says of itself.
	Admit(host netip.Addr, principal string) (giveWay *Connection, err error)
	Enter(c *Connection, host netip.Addr, principal string)
	// Idle notes that the session has no peer at the moment, or has one again: it stands by, or
	// calls in vain.
	Idle(c *Connection, idle bool)
	Leave(c *Connection)
}

// admitLocked makes a place for a new session.
func (d *decision) admitLocked() error {
	admission := d.s.host.Admission()
	if admission == nil {
		return nil
	}
	for {
		c, err := admission.Admit(d.caller.host(), d.caller.Handshake.Identity.Name)
		if c == nil {
			return err
		}
		if d.old != nil && c.session == d.old {
			return nil // it is about to end anyway
		}
		if !d.table.evictLocked(c, "another session needs its place", &d.left) {
			admission.Idle(c, false)
		}
	}
}

// Evict ends idle sessions, and tells their users of a reset: those that next returns, until it
// returns nil. It is called with the table locked, so that no peer comes back meanwhile.
func (t *Table) Evict(admission Admission, next func() *Connection, why string) {
	var left leftovers
	t.mu.Lock()
	for c := next(); c != nil; c = next() {
		if !t.evictLocked(c, why, &left) {
			admission.Idle(c, false)
		}
	}
	t.mu.Unlock()
	left.run()
}

// evictLocked returns false if the session is not idle any more.
func (t *Table) evictLocked(c *Connection, why string, left *leftovers) (evicted bool) {
	s := c.session
	left.locked(s, func() {
		evicted = s.state != protocol.Closed && s.idleLocked(s.state)
		if evicted {
			s.events.evicted(why)
			s.endLocked(protocol.ExitEvict, errors.New(why))
		}
	})
	if evicted {
		t.removeLocked(s)
	}
	return evicted
}

// countStateLocked tells who counts sessions that this one goes to a state.
func (s *Session) countStateLocked(state protocol.State) {
	if admission := s.host.Admission(); admission != nil && s.connection != nil {
		admission.Idle(s.connection, s.idleLocked(state))
	}
}

// idleLocked reports whether in that state the session may be ended for the sake of another one.
func (s *Session) idleLocked(state protocol.State) bool {
	return protocol.GivesWay(state, s.backoff)
}
