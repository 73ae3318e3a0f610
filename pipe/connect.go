package pipe

import (
	"context"
	"syscall"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/internal/handshake"
	"simplemessenger/internal/socket"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// attempt is the state of one attempt to connect. It belongs to the writer.
type attempt struct {
	p *Pipe
	l *link

	handshake handshake.Client
}

// errWait: the peer's own connection wins the race.
var errWait = errors.New("told to wait")

// connect makes one attempt. Afterwards the session is not CONNECTING any more, or a pause is set.
func (p *Pipe) connect(number int) {
	p.attempts = number
	a := &attempt{p: p, l: newLink(p, number)}
	ctx, cancel := context.WithTimeout(context.Background(), p.config.HandshakeTimeout)
	defer cancel()
	a.l.hangUp = cancel
	if p.session.Dial(p, &a.l.Link) != nil {
		return // stopped or replaced
	}
	if p.reading != nil {
		// The reader of the last socket may still deliver a message. None may overtake it.
		<-p.reading
	}
	err := a.run(ctx)
	switch {
	case err == nil:
		return
	case errors.Is(err, errWait):
		p.session.Wait(&a.l.Link)
	default:
		p.session.AttemptFailed(&a.l.Link, err, protocol.Stage(p.writerStage.Load()))
	}
	a.l.Shut()
}

// run is the connecting side's handshake, in the order of the protocol.
func (a *attempt) run(ctx context.Context) error {
	p := a.p
	if err := a.dial(ctx); err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			p.session.Refused(&a.l.Link)
		}
		return socket.DialError(err)
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
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectDial, l, 0); err != nil {
		return err
	}
	conn, err := p.host.Dial(ctx, p.peer().Addr)
	if err != nil {
		return err
	}
	if !l.use(p, conn) {
		return ErrReplaced
	}
	p.events.SocketOpened(false, l.conn)
	return nil
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
	p.events.BannerReceived(announced, seen)
	called := p.peer().Addr
	anyNonce := p.config.AnyNonce && called.Nonce == 0 || p.session.Connection().AnyNonce()
	if !protocol.Answers(called, announced, anyNonce) {
		return errors.WithMessagef(ErrWrongPeer, "called %v, %v answers", called, announced)
	}
	if p.host.LearnAddr(seen) {
		p.events.AddressLearned(p.host.Addr())
	}
	return nil
}

func (a *attempt) sendBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectSendBanner, l, 0); err != nil {
		return err
	}
	local := p.host.Addr()
	p.events.BannerSent(local, wire.EntityAddr{})
	return l.write(handshake.AppendClientBanner(nil, local))
}

// begin fills in the connect message and gets credentials.
func (a *attempt) begin() error {
	p := a.p
	var err error
	if a.handshake.Connect, a.handshake.Required, err = p.session.Hello(&a.l.Link); err != nil {
		return err
	}
	if client := p.host.AuthClient(); client != nil {
		a.handshake.Required |= client.RequiredFeatures(p.peer().Name.Type)
	}
	return a.authorize(false)
}

func (a *attempt) authorize(fresh bool) error {
	client := a.p.host.AuthClient()
	if client == nil {
		return nil
	}
	ctx, cancel := context.WithDeadline(socket.Lifetime(a.l.done), a.l.deadline)
	defer cancel()
	authorizer, err := socket.Authorizer(ctx, client, a.p.peer().Name.Type, fresh)
	a.handshake.Use(authorizer)
	return err
}

func (a *attempt) sendConnect() error {
	p, l := a.p, a.l
	if err := p.enter(&p.writerStage, protocol.StageConnectSendConnect, l, 0); err != nil {
		return err
	}
	if err := p.session.Asked(&l.Link); err != nil {
		return err
	}
	b, err := a.handshake.AppendConnect(nil)
	if err != nil {
		return err
	}
	p.events.ConnectSent(a.handshake.Connect)
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
	p.events.ReplyReceived(reply)
	a.handshake.AuthReply, err = p.readAuthorizer(&p.writerStage,
		protocol.StageConnectReadAuthorizer, l, reply.AuthorizerLen)
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
	p.session.Answered(&a.l.Link)
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
	globalSeq, err := a.p.session.Retry(&a.l.Link, r)
	if err == nil {
		a.handshake.Retry(r.ConnectSeq, globalSeq)
	}
	return err
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
	inSeq, err := p.session.InSeq(&l.Link, true)
	if err != nil {
		return err
	}
	return errors.WithMessage(p.sendSeq(l, inSeq), "send seq")
}

// open opens the session, unless it was ended or taken over meanwhile.
func (a *attempt) open(r protocol.Reaction, agreed wire.Features, security auth.Security) error {
	p, l := a.p, a.l
	if err := p.session.Opened(&l.Link, r, agreed, security); err != nil {
		return err
	}
	p.host.Dispatch().FastConnect(p.session.Connection()) // may have ended the session
	if p.session.Read(&l.Link) == nil {
		l.endHandshake(p.config.ReadTimeout)
		p.startReader(l)
	}
	return nil
}
