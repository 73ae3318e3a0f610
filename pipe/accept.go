package pipe

import (
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// acceptance is the state of one accepting handshake. It belongs to the goroutine that runs it.
type acceptance struct {
	p        *Pipe
	l        *link
	exchange auth.Exchange // nil if everybody is accepted

	connect    wire.Connect // the latest
	authorizer []byte       // that came with it
	policy     Policy       // towards its host_type
	authReply  []byte       // travels with the next reply
	security   auth.Security
	identity   auth.Identity

	decision   Decision    // once it opens
	connection *Connection // of the session, once it is ours and registered
	replied    bool        // READY or SEQ was written
}

// runAccept is the goroutine of a handshake on an accepted socket. It ends with the handshake and leaves reader and writer
// behind if the session is open.
func (p *Pipe) runAccept(l *link) {
	if p.config.Tracer != nil {
		p.trace(trace.SocketOpened{Incoming: true, Local: addrString(l.conn.LocalAddr()), Remote: addrString(l.conn.RemoteAddr())})
	}
	a := &acceptance{p: p, l: l}
	err := a.run()
	stage := Stage(p.readerStage.Swap(uint32(StageNone)))

	switch {
	case err == nil:
		p.mu.Lock()
		if p.link == l {
			l.endHandshake(p.config.ReadTimeout)
			p.startWriter()
			p.startReader(l)
		}
		p.mu.Unlock()
	case a.connection != nil:
		a.failOpened(err, stage)
	default:
		if p.Peer().Addr.IsBlank() {
			err = errors.WithMessagef(err, "socket from %s", addrString(l.conn.RemoteAddr()))
		}
		p.refuse(err, stage)
	}
}

// refuse ends a pipe that never came to own a session.
func (p *Pipe) refuse(err error, stage Stage) {
	registry := p.host.Registry()
	registry.Lock()
	p.mu.Lock()
	if p.state == Accepting {
		if p.config.Tracer != nil {
			p.trace(trace.Faulted{Stage: stage.String(), Err: err, Next: Closed.String()})
		}
		p.end()
	}
	registry.Unregister(p)
	p.mu.Unlock()
	registry.Unlock()
}

// run is the accepting side's handshake, in the order of the protocol.
func (a *acceptance) run() error {
	p, l := a.p, a.l
	l.beginHandshake(p.config.HandshakeTimeout)
	if err := a.sendBanner(); err != nil {
		return errors.WithMessage(err, "send banner")
	}
	if err := a.readBanner(); err != nil {
		return errors.WithMessage(err, "read banner")
	}
	if server := p.host.AuthServer(); server != nil {
		a.exchange = server.NewExchange(p.Peer().Addr)
	}
	for range p.config.MaxConnectRounds {
		if err := a.readConnect(); err != nil {
			return errors.WithMessage(err, "read connect")
		}
		reply, err := a.answer()
		if err != nil {
			return err
		}
		if err := a.sendReply(reply); err != nil {
			return errors.WithMessagef(err, "send %v", reply.Tag)
		}
		if a.connection != nil {
			a.replied = true
			return a.exchangeSeq(reply.Tag)
		}
	}
	return protocolError("%d connect messages without a session", p.config.MaxConnectRounds)
}

func (a *acceptance) sendBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, StageAcceptSendBanner, l, 0); err != nil {
		return err
	}
	local, seen := p.host.Addr(), wire.EntityAddrFromNet(l.conn.RemoteAddr(), 0)
	b := wire.AppendBanner(make([]byte, 0, wire.BannerSize+2*wire.EntityAddrSize))
	b = seen.Append(local.Append(b))
	if p.config.Tracer != nil {
		p.trace(trace.BannerSent{Announced: local, Seen: seen})
	}
	return l.write(b)
}

// readBanner learns who the peer is: from now on the pipe has a name in traces.
func (a *acceptance) readBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, StageAcceptReadBanner, l, 0); err != nil {
		return err
	}
	var addrs [1]wire.EntityAddr
	if err := l.readBanner(addrs[:]); err != nil {
		return err
	}
	addr := addrs[0]
	if addr.IsBlankIP() {
		// A client that is bound to no address has its host from the socket. Port and nonce are its own.
		seen := wire.EntityAddrFromNet(l.conn.RemoteAddr(), addr.Nonce)
		seen.Port = addr.Port
		addr = seen
	}
	p.peer.Store(&wire.EntityInst{Name: p.Peer().Name, Addr: addr})
	if p.config.Tracer != nil {
		p.trace(trace.BannerReceived{Announced: addrs[0], Seen: addr})
	}
	return nil
}

func (a *acceptance) readConnect() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, StageAcceptReadConnect, l, 0); err != nil {
		return err
	}
	b, err := l.in.next(wire.ConnectSize)
	if err != nil {
		return err
	}
	if a.connect, err = wire.DecodeConnect(b); err != nil {
		return err
	}
	a.connect.Features = a.connect.Features.Sanitize()
	if p.config.Tracer != nil {
		p.trace(trace.ConnectReceived{Connect: a.connect})
	}
	p.peer.Store(&wire.EntityInst{Name: wire.EntityName{Type: a.connect.HostType, Num: wire.NumUnknown}, Addr: p.Peer().Addr})
	a.policy = p.host.Policy(a.connect.HostType)
	a.authorizer, err = p.readAuthorizer(&p.readerStage, StageAcceptReadAuthorizer, l, a.connect.AuthorizerLen)
	return err
}

// answer decides over the latest connect message and carries the decision out, all but the writing of the reply.
func (a *acceptance) answer() (wire.ConnectReply, error) {
	p := a.p
	a.authReply = nil
	arrival := Arrival{
		Connect: a.connect, Peer: p.Peer().Addr, Local: p.host.Addr(), ResetCheck: a.policy.ResetCheck,
		ProtocolVersion: wire.ProtocolVersion(p.host.Name().Type, a.connect.HostType),
		Required:        a.policy.FeaturesRequired,
	}
	if server := p.host.AuthServer(); server != nil {
		arrival.Required |= server.RequiredFeatures(a.connect.HostType)
	}
	d := DecidePeer(arrival)
	var refusal error
	if d.Case == CaseNone {
		if d, refusal = a.verify(); d.Case == CaseNone {
			var err error
			if d, err = a.decideSession(arrival); err != nil {
				return wire.ConnectReply{}, err
			}
		}
	}
	reply := a.reply(d, arrival)
	if p.config.Tracer != nil {
		p.trace(trace.Decided{Case: d.Case.String(), Answer: reply.Tag, Reason: reason(d, arrival, refusal)})
	}
	return reply, nil
}

// verify has the credentials looked at.
func (a *acceptance) verify() (Decision, error) {
	p, l := a.p, a.l
	if a.exchange == nil {
		return Decision{}, nil
	}
	if err := p.enter(&p.readerStage, StageAcceptVerifyAuthorizer, l, 0); err != nil {
		return Decision{Case: CaseBadAuthorizer, Tag: wire.TagBadAuthorizer}, err
	}
	result := a.exchange.Verify(auth.Request{Connect: a.connect, Authorizer: a.authorizer, Features: a.agreed()})
	a.authReply = result.Reply
	switch result.Outcome {
	case auth.Accepted:
		a.security, a.identity = result.Security, result.Identity
		return Decision{}, nil
	case auth.Challenged:
		return Decision{Case: CaseChallenge, Tag: wire.TagChallengeAuthorizer}, nil
	}
	return Decision{Case: CaseBadAuthorizer, Tag: wire.TagBadAuthorizer}, result.Err
}

func (a *acceptance) agreed() wire.Features { return a.connect.Features & a.policy.features() }

// decideSession looks the peer up and carries the decision out under the locks of the registry and of both pipes. While the
// registered pipe delivers a message it may not lose its session: wait for that, and look again.
func (a *acceptance) decideSession(arrival Arrival) (Decision, error) {
	p, l := a.p, a.l
	registry := p.host.Registry()
	for {
		if err := p.enter(&p.readerStage, StageAcceptDecide, l, 0); err != nil {
			return Decision{}, err
		}
		p.internalDelay()
		registry.Lock()
		if registry.Closed() {
			registry.Unlock()
			return Decision{}, ErrClosed
		}
		d, busy := a.decideLocked(registry, arrival)
		registry.Unlock()
		if busy == nil {
			if d.Opens() {
				if a.connection == nil {
					return d, ErrClosed
				}
				p.host.Dispatch().FastAccept(a.connection)
			}
			return d, nil
		}
		if err := p.enter(&p.readerStage, StageAcceptWaitDispatch, l, 0); err != nil {
			return Decision{}, err
		}
		select {
		case <-busy:
		case <-p.done:
			return Decision{}, ErrClosed
		}
	}
}

// decideLocked is called with the registry locked. If the registered pipe delivers a message it returns a channel that is
// closed when that is over.
func (a *acceptance) decideLocked(registry Registry, arrival Arrival) (Decision, <-chan struct{}) {
	p := a.p
	old := registry.Lookup(arrival.Peer)
	var existing *Existing
	if old != nil {
		old.mu.Lock()
		defer old.mu.Unlock()
		if old.dispatching {
			if old.dispatchIdle == nil {
				old.dispatchIdle = make(chan struct{})
			}
			return Decision{}, old.dispatchIdle
		}
		existing = old.existing()
	}
	d := DecideSession(arrival, existing)
	if d.WakeExisting {
		// The peer will wait for it, so it must come, and without delay.
		old.session.keepalive, old.session.peerWaits = true, true
		old.backoff, old.retryAt = 0, zeroTime
		old.wakeWriter()
	}
	if d.Opens() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.state != Accepting { // stopped meanwhile
			return d, nil
		}
		a.decision = d
		p.openIncoming(a, registry, old)
		a.connection = p.session.connection
	}
	return d, nil
}

// existing returns what a decision needs to know, or nil if the pipe's session is over. Called with p.mu held.
func (p *Pipe) existing() *Existing {
	switch p.state {
	case Connecting, Open, Standby, Wait:
		return &Existing{State: p.state, ConnectSeq: p.session.connectSeq, PeerGlobalSeq: p.session.peerGlobalSeq,
			Lossy: p.policy.Lossy, Server: p.policy.Server}
	}
	return nil
}

// openIncoming makes the pipe the owner of its session, new or taken over, and registers it. From here on the user may send; what is
// sent waits until the handshake is over. Called with the locks of the registry, of this pipe and of old held.
func (p *Pipe) openIncoming(a *acceptance, registry Registry, old *Pipe) {
	p.policy = a.policy
	if p.Peer().Addr.Port == 0 {
		// The peer listens nowhere, so whatever the policy says it is for the peer to connect.
		p.policy.Server = true
	}
	switch {
	case a.decision.Replace:
		p.replace(old, a.decision)
		registry.Unregister(old)
	case old != nil:
		old.abandon()
	}
	if p.session == nil {
		peer := p.Peer()
		c := newConnection(p.host, p.host.NextConnectionID(), peer, true)
		c.pipe.Store(p)
		p.session = &session{connection: c}
	}
	s := p.session
	s.connectSeq = a.connect.ConnectSeq + 1
	s.peerGlobalSeq = a.connect.GlobalSeq
	s.features = a.agreed()
	s.peerWaits = false
	s.connection.setOpened(s.features)
	s.connection.setIdentity(a.identity)
	a.l.features, a.l.security = s.features, a.security
	registry.Register(p)
	p.setState(Open)
	if p.config.Tracer != nil {
		p.trace(trace.Opened{Incoming: true, ConnectSeq: s.connectSeq, GlobalSeq: s.peerGlobalSeq, Features: s.features, Lossy: p.policy.Lossy})
	}
	p.queueEvent(dispatchqueue.KindAccept, s.connection)
}

// reply puts the reply together.
func (a *acceptance) reply(d Decision, arrival Arrival) wire.ConnectReply {
	r := wire.ConnectReply{
		Tag:             d.Tag,
		Features:        a.agreed() | arrival.Required,
		GlobalSeq:       d.GlobalSeq,
		ConnectSeq:      d.ConnectSeq,
		ProtocolVersion: arrival.ProtocolVersion,
		AuthorizerLen:   uint32(len(a.authReply)),
	}
	if d.Opens() {
		r.Features = a.policy.features()
		r.GlobalSeq = a.p.host.NextGlobalSeq(0)
		r.ConnectSeq = a.connect.ConnectSeq + 1
		if d.Seq(a.agreed()) {
			r.Tag = wire.TagSeq
		}
		if a.policy.Lossy {
			r.Flags |= wire.FlagLossy
		}
	}
	return r
}

func reason(d Decision, arrival Arrival, refusal error) string {
	switch d.Case {
	case CaseProtocolVersion:
		return (&ProtocolVersionError{Ours: arrival.ProtocolVersion, Theirs: arrival.Connect.ProtocolVersion}).Error()
	case CaseFeatures:
		return (&FeatureError{Offered: arrival.Connect.Features, Required: arrival.Required}).Error()
	case CaseBadAuthorizer:
		if refusal != nil {
			return refusal.Error()
		}
	}
	return ""
}

func (a *acceptance) sendReply(reply wire.ConnectReply) error {
	p, l := a.p, a.l
	p.internalDelay()
	if err := p.enter(&p.readerStage, StageAcceptSendReply, l, reply.Tag); err != nil {
		return err
	}
	if p.config.Tracer != nil {
		p.trace(trace.ReplySent{Reply: reply})
	}
	b := reply.Append(make([]byte, 0, wire.ConnectReplySize+len(a.authReply)))
	return l.write(append(b, a.authReply...))
}

// exchangeSeq tells what we have and learns what the peer has, if the answer was SEQ.
func (a *acceptance) exchangeSeq(tag wire.Tag) error {
	if tag != wire.TagSeq {
		return nil
	}
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, StageAcceptSendSeq, l, tag); err != nil {
		return err
	}
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return ErrReplaced
	}
	inSeq := p.session.inSeq
	p.mu.Unlock()
	if err := p.sendSeq(l, inSeq); err != nil {
		return errors.WithMessage(err, "send seq")
	}
	if err := p.enter(&p.readerStage, StageAcceptReadSeq, l, tag); err != nil {
		return err
	}
	return errors.WithMessage(p.readSeq(l), "read seq")
}

// failOpened deals with a socket that failed after the session was opened on it: it may have been taken from another pipe, and
// messages may be waiting in it.
func (a *acceptance) failOpened(err error, stage Stage) {
	p := a.p
	p.mu.Lock()
	if p.link != a.l {
		p.mu.Unlock()
		return
	}
	p.dropLink()
	s := p.session
	p.requeue()
	if !a.replied {
		// The peer has not seen the answer, so its count stands where it was.
		s.connectSeq = a.connect.ConnectSeq
	}
	after := AfterFailedAccept(p.policy, s.out.queued > 0, a.decision.Replace)
	if p.endsOrderly() { // the user has closed it meanwhile
		after = Aftermath{Next: Closed}
	}
	if p.config.Tracer != nil {
		p.trace(trace.Faulted{Stage: stage.String(), Err: err, Next: after.Next.String()})
	}
	if after.Next == Closed {
		p.finish(s.connection)
		return
	}
	p.setState(after.Next)
	p.startWriter()
	p.mu.Unlock()
}
