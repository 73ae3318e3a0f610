package pipe

import (
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// answer decides over the latest connect message and carries the decision out, all but the writing of the reply.
func (a *acceptance) answer() (wire.ConnectReply, error) {
	p := a.p
	h := &a.handshake
	h.AuthReply = nil
	arrival := protocol.Arrival{
		Connect: h.Connect, Peer: p.Peer().Addr, Local: p.host.Addr(), ResetCheck: a.policy.ResetCheck,
		ProtocolVersion: wire.ProtocolVersion(p.host.Name().Type, h.Connect.HostType),
		Required:        a.policy.FeaturesRequired,
	}
	if server := p.host.AuthServer(); server != nil {
		arrival.Required |= server.RequiredFeatures(h.Connect.HostType)
	}
	d := protocol.DecidePeer(arrival)
	var refusal error
	if d.Case == protocol.CaseNone {
		if d, refusal = a.verify(); d.Case == protocol.CaseNone {
			arrival.Principal = protocol.PrincipalOf(a.handshake.Identity)
			d = protocol.DecidePrincipal(arrival)
		}
		if d.Case == protocol.CaseNone {
			var err error
			if d, err = a.decideSession(arrival); err != nil {
				return wire.ConnectReply{}, err
			}
		}
	}
	reply := h.Reply(d, arrival, func() uint32 { return p.host.NextGlobalSeq(0) })
	p.events.decided(d.Case, reply.Tag, handshake.Reason(d, arrival, refusal))
	return reply, nil
}

// verify has the credentials looked at.
func (a *acceptance) verify() (protocol.Decision, error) {
	p, l := a.p, a.l
	if a.handshake.Exchange == nil {
		return protocol.Decision{}, nil
	}
	if err := p.enter(&p.readerStage, protocol.StageAcceptVerifyAuthorizer, l, 0); err != nil {
		return protocol.Decision{Case: protocol.CaseBadAuthorizer, Tag: wire.TagBadAuthorizer}, err
	}
	return a.handshake.Verify()
}

// decideSession looks the peer up and carries the decision out under the locks of the registry and of both pipes. While the
// registered pipe delivers a message it may not lose its session: wait for that, and look again.
func (a *acceptance) decideSession(arrival protocol.Arrival) (protocol.Decision, error) {
	p, l := a.p, a.l
	registry := p.host.Registry()
	for {
		if err := p.enter(&p.readerStage, protocol.StageAcceptDecide, l, 0); err != nil {
			return protocol.Decision{}, err
		}
		p.internalDelay()
		registry.Lock()
		if registry.Closed() {
			registry.Unlock()
			return protocol.Decision{}, ErrClosed
		}
		d, busy := a.decideLocked(registry, arrival)
		registry.Unlock()
		if a.noPlace != nil {
			return protocol.Decision{}, a.noPlace
		}
		if busy == nil {
			if d.Opens() {
				if a.connection == nil {
					return d, ErrClosed
				}
				p.host.Dispatch().FastAccept(a.connection)
			}
			return d, nil
		}
		if err := p.enter(&p.readerStage, protocol.StageAcceptWaitDispatch, l, 0); err != nil {
			return protocol.Decision{}, err
		}
		select {
		case <-busy:
		case <-p.done:
			return protocol.Decision{}, ErrClosed
		}
	}
}

// decideLocked is called with the registry locked. If the registered pipe delivers a message it returns a channel that is
// closed when that is over.
func (a *acceptance) decideLocked(registry Registry, arrival protocol.Arrival) (protocol.Decision, <-chan struct{}) {
	p := a.p
	old, beside := sessionOf(registry.At(arrival.Peer), arrival.Principal)
	arrival.Beside = beside
	var existing *protocol.Existing
	if old != nil {
		old.mu.Lock()
		defer old.mu.Unlock()
		if old.dispatching {
			if old.dispatchIdle == nil {
				old.dispatchIdle = make(chan struct{})
			}
			return protocol.Decision{}, old.dispatchIdle
		}
		existing = old.existingLocked()
	}
	d := protocol.DecideSession(arrival, existing)
	if d.WakeExisting {
		old.session.Promise()
	}
	if d.Opens() {
		if !d.Replace {
			if a.noPlace = a.admit(registry, old); a.noPlace != nil {
				return protocol.Decision{}, nil
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.state != protocol.Accepting { // stopped meanwhile
			return d, nil
		}
		a.decision = d
		p.openIncomingLocked(a, registry, old)
		a.connection = p.session.connection
	}
	return d, nil
}

// sessionOf returns the pipe with the session that a principal comes to, nil if there is none. beside says that others have sessions at
// the address. Called with the registry locked: as long as it is, no pipe gets or loses a session.
func sessionOf(registered []*Pipe, principal protocol.Principal) (pipe *Pipe, beside bool) {
	for _, p := range registered {
		p.mu.Lock()
		if pipe == nil && p.session.claim.Admits(principal) {
			pipe = p
		} else if p.existingLocked() != nil {
			beside = true
		}
		p.mu.Unlock()
	}
	return pipe, beside
}

// existingLocked returns what a decision needs to know, or nil if the pipe's session is over.
func (p *Pipe) existingLocked() *protocol.Existing {
	switch p.state {
	case protocol.Connecting, protocol.Open, protocol.Standby, protocol.Wait:
		return &protocol.Existing{State: p.state, ConnectSeq: p.session.ConnectSeq, PeerGlobalSeq: p.session.PeerGlobalSeq,
			Lossy: p.policy.Lossy, Server: p.policy.Server, Insists: p.insistsLocked(), Renounced: p.session.Renounced, Exhausted: p.session.exhausted()}
	case protocol.Accepting, protocol.Closing, protocol.Closed:
	}
	return nil
}

// insistsLocked reports whether a connection of ours is on its way that is worth waiting for.
func (p *Pipe) insistsLocked() bool {
	if p.link == nil {
		return false
	}
	call := protocol.Call{State: p.state, Answered: p.link.answered, Asked: !p.link.askedAt.IsZero(), Broken: p.session.PromiseBroken}
	call.Since = time.Since(p.link.askedAt)
	return protocol.Insists(call, p.config.RacePatience)
}

// openIncomingLocked makes the pipe the owner of its session, new or taken over, and registers it. From here on the user may send; what is
// sent waits until the handshake is over. Called with the locks of the registry, of this pipe and of old held.
func (p *Pipe) openIncomingLocked(a *acceptance, registry Registry, old *Pipe) {
	p.policy = a.policy
	if protocol.ListensNowhere(p.Peer().Addr) {
		p.policy.Server = true
	}
	switch {
	case a.decision.Replace:
		p.asked = old.asked
		p.replaceLocked(old, a.decision)
	case old != nil:
		old.abandonLocked()
	}
	if old != nil {
		registry.Unregister(old)
	}
	if p.session == nil {
		c := newConnection(p.host, p.host.NextConnectionID(), p.Peer(), true)
		c.pipe.Store(p)
		if sessions := p.host.Sessions(); sessions != nil {
			sessions.Enter(c, a.host, a.handshake.Identity.Name)
		}
		p.session = &session{connection: c, out: outQueue{held: p.config.held}}
	}
	s := p.session
	principal := protocol.PrincipalOf(a.handshake.Identity)
	s.claim.Principal = principal
	s.connection.setPeer(principal.EntityName(a.handshake.Connect.HostType), a.handshake.Identity)
	contested := false
	for _, other := range registry.At(p.Peer().Addr) {
		contested = other.contest() || contested
	}
	from := wire.EntityAddrFromNet(a.l.conn.RemoteAddr(), 0)
	if !protocol.MayDial(protocol.Claimant{Asked: p.asked, Contested: contested, Proven: !principal.IsZero(), Backed: protocol.Backed(from, p.Peer().Addr)}) {
		p.policy.Server = true
	}
	a.connectSeqBefore = s.ConnectSeq
	s.opened(a.handshake.Connect.ConnectSeq+1, a.handshake.Connect.GlobalSeq, a.handshake.Agreed())
	s.connection.setOpened(s.features)
	a.l.format, a.l.openedAt = p.format(s.features, a.handshake.Security), time.Now()
	registry.Register(p)
	p.setStateLocked(protocol.Open)
	p.events.opened(true, s, p.policy.Lossy)
	p.queueEvent(dispatchqueue.KindAccept, s.connection)
}
