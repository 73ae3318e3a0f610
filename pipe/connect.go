package pipe

import (
	"context"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// attempt is the state of one attempt to connect. It belongs to the writer.
type attempt struct {
	p      *Pipe
	l      *link // nil until dialed
	number int   // of the socket

	connect wire.Connect
	// policyRequires is what the policy wants of the peer.
	policyRequires wire.Features
	authorizer     auth.Authorizer // nil without credentials
	authReply      []byte
	refused        bool // BADAUTHORIZER came on this socket
	answered       bool // the challenge was answered with these credentials
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
	return l.write(local.Append(wire.AppendBanner(nil)))
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
	a.policyRequires = p.policy.FeaturesRequired
	peer := p.Peer().Name.Type
	a.connect = wire.Connect{
		Features:        p.policy.features(),
		HostType:        p.host.Name().Type,
		GlobalSeq:       p.host.NextGlobalSeq(0),
		ConnectSeq:      p.session.ConnectSeq,
		ProtocolVersion: wire.ProtocolVersion(peer, p.host.Name().Type),
	}
	if p.policy.Lossy {
		a.connect.Flags |= wire.FlagLossy
	}
	p.mu.Unlock()
	return a.authorize(false)
}

func (a *attempt) authorize(fresh bool) (err error) {
	client := a.p.host.AuthClient()
	if client == nil {
		return nil
	}
	a.answered = false
	a.authorizer, err = client.Authorizer(a.p.Peer().Name.Type, fresh)
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
	var authorizer []byte
	if a.authorizer != nil {
		authorizer = a.authorizer.Bytes()
		a.connect.AuthorizerProtocol = a.authorizer.Protocol()
		if len(authorizer) > math.MaxInt32 {
			return errors.Errorf("our authorizer has %d bytes", len(authorizer))
		}
		a.connect.AuthorizerLen = uint32(len(authorizer))
	}
	p.events.connectSent(a.connect)
	b := a.connect.Append(make([]byte, 0, wire.ConnectSize+len(authorizer)))
	return l.write(append(b, authorizer...))
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
	reply, err := wire.DecodeConnectReply(b)
	if err != nil {
		return reply, err
	}
	reply.Features = reply.Features.Sanitize()
	p.events.replyReceived(reply)
	a.authReply, err = p.readAuthorizer(&p.writerStage, protocol.StageConnectReadAuthorizer, l, reply.AuthorizerLen)
	return reply, err
}

// react carries out what the reply asks for. It returns true if the handshake is over.
func (a *attempt) react(reply wire.ConnectReply) (done bool, err error) {
	p := a.p
	r := protocol.React(reply, protocol.Attempt{Connect: a.connect, Required: a.required(), BadAuthorizer: a.refused,
		HasAuthorizer: a.authorizer != nil, AlreadyAnswered: a.answered})
	switch r.Action {
	case protocol.ActionFault:
		return false, r.Err
	case protocol.ActionWait:
		return false, errWait
	case protocol.ActionFreshAuthorizer:
		a.refused = true
		return false, a.authorize(true)
	case protocol.ActionAnswerChallenge:
		a.answered = true
		return false, errors.WithMessage(a.authorizer.AnswerChallenge(a.authReply), "answer challenge")
	case protocol.ActionRetry:
		return false, a.retry(r)
	case protocol.ActionOpen, protocol.ActionOpenSeq:
	}

	var security auth.Security
	agreed := a.connect.Features & reply.Features
	if a.authorizer != nil {
		if security, err = a.authorizer.VerifyReply(a.authReply, agreed); err != nil {
			return false, fmt.Errorf("verify authorizer reply: %w: %w", ErrUnproven, err)
		}
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

func (a *attempt) required() wire.Features {
	required := a.policyRequires
	if client := a.p.host.AuthClient(); client != nil {
		required |= client.RequiredFeatures(a.p.Peer().Name.Type)
	}
	return required
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
	// A peer may challenge each connect message anew; 16.2 does so after RETRY_GLOBAL.
	a.answered = false
	p.session.Retry(r.ConnectSeq)
	a.connect.ConnectSeq = r.ConnectSeq
	a.connect.GlobalSeq = p.host.NextGlobalSeq(r.GlobalSeq)
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
