package pipe

import (
	"net/netip"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// ErrTooManySessions: a peer's host, a principal, or all together have as many sessions as they may, and none is idle. The socket is
// closed without an answer.
var ErrTooManySessions = errors.New("too many sessions")

// Sessions counts the sessions that peers have opened, and says which must give way. Its methods are leaves. Names of connections that
// never entered are ignored.
type Sessions interface {
	// Admit asks for the place of one more session. It returns a connection that must be evicted first, after which it is to be asked again;
	// or an error if there is no place. The host is that of the peer's socket, whatever the peer says of itself.
	Admit(host netip.Addr, principal string) (giveWay *Connection, err error)
	Enter(c *Connection, host netip.Addr, principal string)
	// Idle notes that the session has no peer at the moment, or has one again: it stands by, or calls in vain.
	Idle(c *Connection, idle bool)
	Leave(c *Connection)
}

// admit makes a place for a new session. Called with the registry and old, which may be nil, locked.
func (a *acceptance) admit(registry Registry, old *Pipe) error {
	sessions := a.p.host.Sessions()
	if sessions == nil {
		return nil
	}
	for {
		c, err := sessions.Admit(a.host, a.handshake.Identity.Name)
		if c == nil {
			return err
		}
		if p := c.pipe.Load(); p != nil && p == old {
			return nil // it is about to end anyway
		}
		if !c.Evict(registry, "another session needs its place") {
			sessions.Idle(c, false)
		}
	}
}

// Evict ends an idle session, and tells the user of a reset. It returns false if the session is not idle any more. Called with the registry
// locked.
func (c *Connection) Evict(registry Registry, why string) bool {
	p := c.pipe.Load()
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil || !p.idleLocked(p.state) {
		return false
	}
	p.events.evicted(why)
	registry.Unregister(p)
	p.host.Dispatch().DiscardConnection(c.id)
	p.abandonLocked()
	return true
}

// countStateLocked tells who counts sessions that the pipe goes to state s.
func (p *Pipe) countStateLocked(s protocol.State) {
	sessions := p.host.Sessions()
	if sessions == nil || p.session == nil {
		return
	}
	sessions.Idle(p.session.connection, p.idleLocked(s))
}

// idleLocked reports whether in state s the session may be ended for the sake of another one.
func (p *Pipe) idleLocked(s protocol.State) bool {
	return protocol.GivesWay(s, p.backoff)
}
