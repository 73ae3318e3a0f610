package pipe

import (
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// mustProve reports whether peers of that type have to prove themselves when they connect to us.
func mustProve(host Host, t wire.EntityType) bool {
	server := host.AuthServer()
	return server != nil && server.MustProve(t)
}

// Who may dial an address that several sessions claim: protocol.MayDial.

// Call returns the handle of the session if what our user sends to that name belongs into it, and notes that it was asked for. It returns
// nil if it does not, or if there is no session to be used. news says that the session had no right to dial before: others of the
// address are to Yield. Called with the registry locked.
func (p *Pipe) Call(n wire.EntityName) (c *Connection, news bool) {
	prove := mustProve(p.host, n.Type)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.usableLocked() || !p.session.claim.Serves(n, prove) {
		return nil, false
	}
	if !p.asked {
		p.asked, news = true, true
		p.policy.Server = p.host.Policy(p.Peer().Name.Type).Server || protocol.ListensNowhere(p.Peer().Addr)
		p.wakeWriterLocked()
	}
	return p.session.connection, news
}

// Yield takes the right to dial: our user asked for another session of the address. Called with the registry locked.
func (p *Pipe) Yield() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = false
	p.yieldLocked()
}

// contest leaves it to the peer to connect, unless our user asked for this session: another principal claims the address too. It
// reports whether there is such a session still. Called with the registry locked.
func (p *Pipe) contest() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.usableLocked() && !p.asked {
		p.yieldLocked()
	}
	return p.usableLocked()
}

// yieldLocked leaves it to the peer to connect.
func (p *Pipe) yieldLocked() {
	p.policy.Server = true
	if (p.state == protocol.Connecting || p.state == protocol.Wait) && !p.policy.Lossy {
		p.dropLinkLocked()
		p.setStateLocked(protocol.Standby)
		p.wakeWriterLocked()
	}
}
