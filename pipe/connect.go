package pipe

import (
	"context"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// attempt is the state of one attempt to connect. It belongs to the writer.
type attempt struct {
	p      *Pipe
	l      *link // nil until dialed
	number int   // of the socket

	handshake handshake.Client
}

// errWait: the peer's own connection wins the race.
var errWait = errors.New("told to wait")

// call is what an attempt to connect begins with.
type call struct {
	ctx      context.Context
	cancel   context.CancelFunc
	number   int           // of the socket
	previous chan struct{} // closed when the reader of the last socket has ended; nil if there was none
}

// callLocked begins an attempt to connect.
func (p *Pipe) callLocked() *call {
	c := &call{previous: p.readerDone}
	c.ctx, c.cancel = context.WithTimeout(context.Background(), p.config.HandshakeTimeout)
	p.cancelDial = c.cancel
	p.attempts++
	c.number = p.attempts
	return c
}

// connect makes one attempt. Afterwards the state is not CONNECTING any more, or a pause is set. Called by the writer.
func (p *Pipe) connect(j job) {
	defer j.call.cancel()
	if j.call.previous != nil {
		// The reader of the last socket may still deliver a message. None may overtake it.
		<-j.call.previous
	}
	a := &attempt{p: p, number: j.call.number}
	if err := a.run(j.call.ctx); err != nil {
		p.attemptFailed(a.l, err, protocol.Stage(p.writerStage.Load()))
	}
}

// run is the connecting side's handshake, in the order of the protocol.
func (a *attempt) run(ctx context.Context) error {
	p := a.p
	if err := a.dial(ctx); err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			p.tellRefused()
		}
		return errors.WithMessage(err, "dial")
	}
	a.l.beginHandshake(p.config.HandshakeTimeout)
	if err := a.readBanner(); err != nil {
		return errors.WithMessage(err, "read banner")
	}
	if err := a.sendBanner(); err != nil {
		return errors.WithMessage(err, "send banner")
	}
	if err := a.begin(); err != nil {
		return err
	}
	for range p.config.MaxConnectRounds {
		if err := a.sendConnect(); err != nil {
			return errors.WithMessage(err, "send connect")
		}
		reply, err := a.readReply()
		if err != nil {
			return errors.WithMessage(err, "read connect reply")
		}
		done, err := a.react(reply)
		if err != nil {
			return errors.WithMessagef(err, "reply %v", reply.Tag)
		}
		if done {
			return nil
		}
	}
	return protocol.Violation("%d connect messages without a session", p.config.MaxConnectRounds)
}

func (a *attempt) dial(ctx context.Context) error {
	p := a.p
	if err := p.enter(&p.writerStage, protocol.StageConnectDial, nil, 0); err != nil {
		return err
	}
	conn, err := p.host.Dial(ctx, p.Peer().Addr)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != protocol.Connecting {
		_ = conn.Close()
		return ErrReplaced
	}
	a.l = newLink(conn, p.host, p.id, a.number)
	p.link = a.l
	p.events.socketOpened(false, a.l.conn)
	return nil
}

func (p *Pipe) tellRefused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != nil && p.state == protocol.Connecting {
		p.queueEvent(dispatchqueue.KindRefused, p.session.connection)
	}
}

// anyNonce reports whether the user knows no more of the peer than host and port.
func (p *Pipe) anyNonce() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil && p.session.connection.anyNonce.Load()
}

// readBanner checks that it is the peer who answers, and learns how it sees us.
func (a *attempt) readBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectReadBanner, l, 0); err != nil {
		return err
	}
	var addrs [2]wire.EntityAddr
	if err := l.readBanner(addrs[:]); err != nil {
		return err
	}
	announced, seen := addrs[0], addrs[1]
	p.events.bannerReceived(announced, seen)
	called := p.Peer().Addr
	if !protocol.Answers(called, announced, p.config.AnyNonce && called.Nonce == 0 || p.anyNonce()) {
		return errors.WithMessagef(ErrWrongPeer, "called %v, %v answers", called, announced)
	}
	if p.host.LearnAddr(seen) {
		p.events.addressLearned(p.host.Addr())
	}
	return nil
}

func (a *attempt) sendBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectSendBanner, l, 0); err != nil {
		return err
	}
	local := p.host.Addr()
	p.events.bannerSent(local, wire.EntityAddr{})
	return l.write(handshake.AppendClientBanner(nil, local))
}

// begin fills in the connect message and gets credentials.
func (a *attempt) begin() error {
	p := a.p
	p.mu.Lock()
	if p.link != a.l {
		p.mu.Unlock()
		return ErrReplaced
	}
	if p.session.exhausted() {
		p.resetSessionLocked()
	}
	a.handshake.Required = p.policy.FeaturesRequired
	peer := p.Peer().Name.Type
	a.handshake.Connect = wire.Connect{
		Features:        p.policy.features(),
		HostType:        p.host.Name().Type,
		GlobalSeq:       p.host.NextGlobalSeq(0),
		ConnectSeq:      p.session.ConnectSeq,
		ProtocolVersion: wire.ProtocolVersion(peer, p.host.Name().Type),
	}
	if p.policy.Lossy {
		a.handshake.Connect.Flags |= wire.FlagLossy
	}
	p.mu.Unlock()
	if client := p.host.AuthClient(); client != nil {
		a.handshake.Required |= client.RequiredFeatures(peer)
	}
	return a.authorize(false)
}

func (a *attempt) authorize(fresh bool) error {
	client := a.p.host.AuthClient()
	if client == nil {
		return nil
	}
	authorizer, err := client.Authorizer(a.p.Peer().Name.Type, fresh)
	a.handshake.Use(authorizer)
	return errors.WithMessage(err, "get authorizer")
}

func (a *attempt) sendConnect() error {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectSendConnect, l, 0); err != nil {
		return err
	}
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return ErrReplaced
	}
	l.askedAt = time.Now()
	p.mu.Unlock()
	b, err := a.handshake.AppendConnect(nil)
	if err != nil {
		return err
	}
	p.events.connectSent(a.handshake.Connect)
	return l.write(b)
}

func (a *attempt) readReply() (wire.ConnectReply, error) {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectReadReply, l, 0); err != nil {
		return wire.ConnectReply{}, err
	}
	b, err := l.in.next(wire.ConnectReplySize)
	if err != nil {
		return wire.ConnectReply{}, err
	}
	reply, err := handshake.DecodeReply(b)
	if err != nil {
		return reply, err
	}
	p.events.replyReceived(reply)
	a.handshake.AuthReply, err = p.readAuthorizer(&p.writerStage, protocol.StageConnectReadAuthorizer, l, reply.AuthorizerLen)
	return reply, err
}

// react carries out what the reply asks for. It returns true if the handshake is over.
func (a *attempt) react(reply wire.ConnectReply) (done bool, err error) {
	p := a.p
	r, err := a.handshake.React(reply)
	if err != nil {
		return false, err
	}
	switch r.Action {
	case protocol.ActionWait:
		return false, errWait
	case protocol.ActionFreshAuthorizer:
		return false, a.authorize(true)
	case protocol.ActionRetry:
		return false, a.retry(r)
	case protocol.ActionAnswerChallenge, protocol.ActionFault: // done
		return false, nil
	case protocol.ActionOpen, protocol.ActionOpenSeq:
	}

	agreed, security, err := a.handshake.Agree(reply)
	if err != nil {
		return false, err
	}
	p.mu.Lock()
	a.l.answered = true
	p.mu.Unlock()
	if r.Action == protocol.ActionOpenSeq {
		if err := a.exchangeSeq(); err != nil {
			return false, err
		}
	}
	p.internalDelay()
	if err := p.enter(&p.writerStage, protocol.StageConnectOpen, a.l, reply.Tag); err != nil {
		return false, err
	}
	return true, a.open(r, agreed, security)
}

func (a *attempt) retry(r protocol.Reaction) error {
	p := a.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link != a.l {
		return ErrReplaced
	}
	if r.ResetSession {
		p.resetSessionLocked()
	}
	p.session.Retry(r.ConnectSeq)
	a.handshake.Retry(r.ConnectSeq, p.host.NextGlobalSeq(r.GlobalSeq))
	return nil
}

// exchangeSeq learns what the peer has and tells what we have.
func (a *attempt) exchangeSeq() error {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectReadSeq, l, wire.TagSeq); err != nil {
		return err
	}
	if err := p.readSeq(l); err != nil {
		return errors.WithMessage(err, "read seq")
	}
	if err := p.enter(&p.writerStage, protocol.StageConnectSendSeq, l, wire.TagSeq); err != nil {
		return err
	}
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return ErrReplaced
	}
	inSeq := p.session.Ack()
	p.mu.Unlock()
	return errors.WithMessage(p.sendSeq(l, inSeq), "send seq")
}

// open opens the session, unless the pipe was stopped or replaced meanwhile.
func (a *attempt) open(r protocol.Reaction, agreed wire.Features, security auth.Security) error {
	p, l := a.p, a.l
	l.format = p.format(agreed, security)
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return ErrReplaced
	}
	s := p.session
	c := s.connection
	s.opened(r.ConnectSeq, r.GlobalSeq, agreed)
	c.setOpened(agreed)
	p.policy.Lossy = r.Lossy
	l.openedAt = time.Now()
	p.backoff, p.retryAt = 0, time.Time{}
	p.cancelDial = nil
	p.setStateLocked(protocol.Open)
	p.events.opened(false, s, r.Lossy)
	p.queueEvent(dispatchqueue.KindConnect, c)
	p.mu.Unlock()

	p.host.Dispatch().FastConnect(c) // may have ended the session
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == l {
		l.endHandshake(p.config.ReadTimeout)
		p.startReaderLocked(l)
	}
	return nil
}
