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
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return
	}
	p.dropLink()
	c := p.session.connection
	p.ended(l)
	p.afterFault(err, stage)
	if p.state == protocol.Closed {
		p.finish(c)
		return
	}
	p.mu.Unlock()
}

// afterFault decides what becomes of the pipe, which has no socket any more, and does it. If the session is over the
// state is CLOSED and the caller goes on with finish. Called with p.mu held.
func (p *Pipe) afterFault(err error, stage protocol.Stage) {
	s := p.session
	err = p.stumbled(err)
	p.requeue()
	after := protocol.AfterFault(p.state, p.policy.Rules(), s.hasWork())
	givesUp := p.state == protocol.Open && !p.policy.Lossy && s.stumble.GivesUp(s.stumbles)
	if panicked := new(PanicError); p.state == protocol.Open && errors.As(err, &panicked) {
		after, givesUp = protocol.Aftermath{Next: protocol.Closed}, false // whoever panicked over a session shall not be asked again with the next socket
	}
	if givesUp {
		after = protocol.Aftermath{Next: protocol.AfterGivingUp(p.policy.Rules())}
	}
	p.tellFault(err, stage, after.Next)
	s.Fault(after)
	switch {
	case givesUp:
		p.giveUp(after.Next)
		return
	case after.Next == protocol.Closed:
		p.endSession()
		return
	}
	p.pause(p.state == protocol.Open)
	p.setState(after.Next)
	p.wakeWriter()
}

// tellFault tells why a socket, or an attempt to get one, is given up. Called with p.mu held.
func (p *Pipe) tellFault(err error, stage protocol.Stage, next protocol.State) {
	goodbye := p.goodbye(err, stage)
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

// goodbye reports whether the peer has just left: it said CLOSE, or closed its socket between two frames while nothing was under way.
// Called with p.mu held.
func (p *Pipe) goodbye(err error, stage protocol.Stage) bool {
	out := &p.session.out
	return errors.Is(err, ErrPeerClosed) || err == io.EOF && stage == protocol.StageReadTag && out.queued == 0 && out.sent.len() == 0
}

// ended looks back at a socket on which a session was open. Called with p.mu held.
func (p *Pipe) ended(l *link) {
	if !l.openedAt.IsZero() && protocol.Steady(time.Since(l.openedAt), p.config.MaxBackoff) {
		p.session.fruitless = 0
	}
}

// pause puts the next attempt off, as the rule says. It lasts through STANDBY. Called with p.mu held.
func (p *Pipe) pause(opened bool) {
	s := p.session
	// What gets through in the other direction does not help a session that stumbles.
	p.backoff, s.fruitless = protocol.PauseAfter(opened, max(s.fruitless, s.stumbles-1), p.config.InitialBackoff, p.config.MaxBackoff)
	p.retryAt = time.Now().Add(p.backoff)
	p.events.backedOff(p.backoff)
}

// finish tells the user that the session of a CLOSED pipe is over and takes the pipe out of the registry. Called with p.mu
// held, which it releases.
func (p *Pipe) finish(c *Connection) {
	p.endSession()
	orderly, delayed := p.endsOrderly(), &p.session.delayed
	p.mu.Unlock()
	if !orderly {
		p.host.Dispatch().DiscardConnection(c.id)
		delayed.discard()
	}
	registry := p.host.Registry()
	registry.Lock()
	registry.Unregister(p)
	registry.Unlock()
	p.tellReset(c)
}

// waitForPeer leaves it to the peer to connect, for a while. Called with p.mu held.
func (p *Pipe) waitForPeer() {
	p.setState(protocol.Wait)
	p.backoff, p.retryAt = 0, time.Now().Add(protocol.Patience(p.config.MaxBackoff))
}

// attemptFailed ends an attempt to connect. l is its socket, or nil if it has none. Called by the writer with p.mu held.
func (p *Pipe) attemptFailed(l *link, err error, stage protocol.Stage) {
	if l != nil {
		l.shut()
	}
	if p.session == nil || p.state != protocol.Connecting {
		return // stopped or replaced: that is why it failed
	}
	p.dropLink()
	if errors.Is(err, errWait) {
		p.waitForPeer()
		return
	}
	p.session.FailAttempt()
	p.afterFault(err, stage)
}
