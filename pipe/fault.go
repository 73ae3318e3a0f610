package pipe

import (
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// fault gives a socket up. Reader and writer may both come with the same socket; the first one counts. Called without locks.
func (p *Pipe) fault(l *link, err error, stage protocol.Stage) {
	p.internalDelay()
	p.finish(p.faultLocking(l, err, stage))
}

// faultLocking returns what is to be finished.
func (p *Pipe) faultLocking(l *link, err error, stage protocol.Stage) *ending {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link != l {
		return nil
	}
	p.dropLinkLocked()
	p.endedLocked(l)
	p.afterFaultLocked(err, stage)
	return p.endingLocked()
}

// afterFaultLocked decides what becomes of the pipe, which has no socket any more, and does it. If the session is over the
// state is CLOSED, and the caller is left with its ending.
func (p *Pipe) afterFaultLocked(err error, stage protocol.Stage) {
	s := p.session
	err = p.stumbledLocked(err)
	p.requeueLocked()
	after := protocol.AfterFault(p.state, p.policy.Rules(), s.hasWork())
	givesUp := p.state == protocol.Open && !p.policy.Lossy && s.stumble.GivesUp(s.stumbles)
	if panicked := new(PanicError); p.state == protocol.Open && errors.As(err, &panicked) {
		after, givesUp = protocol.Aftermath{Next: protocol.Closed}, false // whoever panicked over a session shall not be asked again with the next socket
	}
	if givesUp {
		after = protocol.Aftermath{Next: protocol.AfterGivingUp(p.policy.Rules())}
	}
	p.tellFaultLocked(err, stage, after.Next)
	s.Fault(after)
	switch {
	case givesUp:
		p.giveUpLocked(after.Next)
		return
	case after.Next == protocol.Closed:
		p.endSessionLocked()
		return
	}
	p.pauseLocked(p.state == protocol.Open)
	p.setStateLocked(after.Next)
	p.wakeWriterLocked()
}

// tellFaultLocked tells why a socket, or an attempt to get one, is given up.
func (p *Pipe) tellFaultLocked(err error, stage protocol.Stage, next protocol.State) {
	goodbye := p.goodbyeLocked(err, stage)
	p.events.faulted(stage, err, next, goodbye)
	if p.state != protocol.Connecting { // an attempt says its step itself
		err = errors.WithMessage(err, stage.String())
	}
	c := p.session.connection
	c.setLastError(err)
	if !goodbye {
		p.host.Dispatch().QueueFault(c, err)
	}
}

// goodbyeLocked reports whether the peer has just left: it said CLOSE, or closed its socket between two frames while nothing was under way.
func (p *Pipe) goodbyeLocked(err error, stage protocol.Stage) bool {
	out := &p.session.out
	return errors.Is(err, ErrPeerClosed) || err == io.EOF && stage == protocol.StageReadTag && out.queued == 0 && out.sent.len() == 0
}

// endedLocked looks back at a socket on which a session was open.
func (p *Pipe) endedLocked(l *link) {
	if !l.openedAt.IsZero() && protocol.Steady(time.Since(l.openedAt), p.config.MaxBackoff) {
		p.session.progress()
	}
}

// pauseLocked puts the next attempt off, as the rule says. It lasts through STANDBY.
func (p *Pipe) pauseLocked(opened bool) {
	s := p.session
	// What gets through in the other direction does not help a session that stumbles.
	p.backoff, s.fruitless = protocol.PauseAfter(opened, max(s.fruitless, s.stumbles-1), p.config.InitialBackoff, p.config.MaxBackoff)
	p.retryAt = time.Now().Add(p.backoff)
	p.events.backedOff(p.backoff)
}

// ending is what is left to do, without the lock, when a pipe is CLOSED and its session is over.
type ending struct {
	connection *Connection
	orderly    bool       // what was received is dispatched all the same
	delayed    *delayLine // of the session
}

// endingLocked returns the ending of a pipe that is CLOSED, nil for any other.
func (p *Pipe) endingLocked() *ending {
	if p.state != protocol.Closed {
		return nil
	}
	return &ending{p.session.connection, p.endsOrderlyLocked(), &p.session.delayed}
}

// finish takes the pipe out of the registry, drops what waits for its dispatch, and tells the user that the session is over. Called without locks.
func (p *Pipe) finish(e *ending) {
	if e == nil {
		return
	}
	if !e.orderly {
		p.host.Dispatch().DiscardConnection(e.connection.id)
		e.delayed.discard()
	}
	registry := p.host.Registry()
	registry.Lock()
	registry.Unregister(p)
	registry.Unlock()
	p.tellReset(e.connection)
}

// waitForPeerLocked leaves it to the peer to connect, for a while.
func (p *Pipe) waitForPeerLocked() {
	p.setStateLocked(protocol.Wait)
	p.backoff, p.retryAt = 0, time.Now().Add(protocol.Patience(p.config.MaxBackoff))
}

// attemptFailed ends an attempt to connect. l is its socket, or nil if it has none. Called by the writer without locks.
func (p *Pipe) attemptFailed(l *link, err error, stage protocol.Stage) {
	if l != nil {
		l.shut()
	}
	p.finish(p.attemptFailedLocking(err, stage))
}

// attemptFailedLocking returns what is to be finished.
func (p *Pipe) attemptFailedLocking(err error, stage protocol.Stage) *ending {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil || p.state != protocol.Connecting {
		return nil // stopped or replaced: that is why it failed
	}
	p.dropLinkLocked()
	if errors.Is(err, errWait) {
		p.waitForPeerLocked()
		return nil
	}
	p.session.FailAttempt()
	p.afterFaultLocked(err, stage)
	return p.endingLocked()
}
