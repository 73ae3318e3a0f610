package pipe

import "simplemessenger/wire"

// markDown ends the session of c at once. It returns false if the session has gone to another pipe. Called without locks.
func (p *Pipe) markDown(c *Connection) bool {
	registry := p.host.Registry()
	registry.Lock()
	p.mu.Lock()
	if p.session == nil {
		p.mu.Unlock()
		registry.Unlock()
		return false
	}
	p.endSessionLocked()
	c.detach(p)
	registry.Unregister(p)
	delayed := &p.session.delayed
	p.mu.Unlock()
	registry.Unlock()
	delayed.discard()
	return true
}

// Stop ends the pipe at once, whatever it is doing, and tells the user of a reset if there is a session. Called without
// locks, and also for pipes that are still accepting.
func (p *Pipe) Stop() {
	registry := p.host.Registry()
	registry.Lock()
	p.mu.Lock()
	registry.Unregister(p)
	if p.session == nil {
		p.endLocked()
		p.mu.Unlock()
		registry.Unlock()
		return
	}
	p.endSessionLocked()
	c, delayed := p.session.connection, &p.session.delayed
	p.mu.Unlock()
	registry.Unlock()
	delayed.discard()
	p.tellReset(c)
}

// Abandon ends a pipe that is closing or closed and whose session a message to that name would belong into, because another one is
// about to be registered in its place. It reports whether it was such a pipe. Called with the registry locked.
func (p *Pipe) Abandon(n wire.EntityName) bool {
	prove := mustProve(p.host, n.Type)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil || p.usableLocked() || !p.session.claim.Serves(n, prove) {
		return false
	}
	p.abandonLocked()
	return true
}

// abandonLocked ends the session, and tells its user of a reset.
func (p *Pipe) abandonLocked() {
	p.endSessionLocked()
	p.tellReset(p.session.connection)
}

// markDisposable makes the session lossy. It returns false if the session has gone to another pipe.
func (p *Pipe) markDisposable() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil {
		return false
	}
	p.policy.Lossy = true
	return true
}
