package pipe

import (
	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
)

// replaceLocked takes over from old, as the decision says: it takes old's session, or ends it if it was lossy. Called with
// the locks of the registry and of both pipes held, while old delivers nothing.
func (p *Pipe) replaceLocked(old *Pipe, d protocol.Decision) {
	s := old.session
	if d.Case == protocol.CaseLossyExisting {
		// Nothing of a lossy session goes over to the next one: the user of the old handle hears of its end, and the new
		// connection gets a handle of its own.
		old.endSessionLocked()
		p.host.Dispatch().DiscardConnection(s.connection.id)
		old.tellReset(s.connection)
		p.events.replaced(old.id, true, 0)
		return
	}
	if d.ResetExisting {
		old.resetSessionLocked()
	}
	old.session = nil
	p.session = s
	s.connection.pipe.Store(p)
	old.endLocked()

	p.requeueLocked()
	s.TakeOver(d.FreshPeer)
	p.events.replaced(old.id, false, s.out.queued)
}

// requeueLocked puts what was sent and not acked back to the front of the queue.
func (p *Pipe) requeueLocked() {
	p.events.requeued(p.session.requeue())
}

// resetSessionLocked begins the session anew because the peer has lost it, and tells the user. Called while the pipe delivers
// nothing.
func (p *Pipe) resetSessionLocked() {
	s := p.session
	p.host.Dispatch().DiscardConnection(s.connection.id)
	s.delayed.discard()
	dropped := s.reset()
	p.events.sessionReset(dropped)
	p.queueEvent(dispatchqueue.KindRemoteReset, s.connection)
}
