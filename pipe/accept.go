package pipe

import (
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// acceptance is the state of one accepting handshake. It belongs to the goroutine that runs it.
type acceptance struct {
	p         *Pipe
	l         *link
	handshake handshake.Server
	policy    Policy          // towards the connect message's host_type
	seen      wire.EntityAddr // of the socket's other end
	opened    bool            // the peer was let in
	replied   bool            // READY or SEQ was written
}

// runAccept is the goroutine of a handshake on an accepted socket. It ends with the handshake. If
// the peer was let in, it leaves a reader behind if the session is open on the socket, and a
// writer in any case: whatever else has taken the socket from the session meanwhile, the session
// is to go on, and a writer whose session has ended or has another carrier ends at once.
func (p *Pipe) runAccept(l *link) {
	p.events.SocketOpened(true, l.conn)
	a := &acceptance{p: p, l: l}
	err := a.run()
	stage := protocol.Stage(p.readerStage.Swap(uint32(protocol.StageNone)))

	switch {
	case err == nil:
		if p.session.Read(&l.Link) == nil {
			l.endHandshake(p.config.ReadTimeout)
			p.startReader(l)
		}
		p.host.Go(p.runWriter)
	case a.opened:
		p.session.AcceptFailed(&l.Link, a.replied, err, stage)
		p.host.Go(p.runWriter)
	default:
		if p.peer().Addr.IsBlank() {
			err = errors.WithMessagef(err, "socket from %s",
				session.AddrString(l.conn.RemoteAddr()))
		}
		p.session.Refuse(err, stage)
	}
}

// run is the accepting side's handshake, in the order of the protocol.
func (a *acceptance) run() error {
	p, l := a.p, a.l
	began := time.Now()
	if p.host.Dispatch().WaitForEventRoom(l.done) {
		p.events.ThrottleWaited("dispatch queue, events", 1, began)
	}
	l.beginHandshake(p.config.HandshakeTimeout)
	if err := a.sendBanner(); err != nil {
		return errors.WithMessage(err, "send banner")
	}
	if err := a.readBanner(); err != nil {
		return errors.WithMessage(err, "read banner")
	}
	if server := p.host.AuthServer(); server != nil {
		a.handshake.Exchange = server.NewExchange(p.peer().Addr)
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
		if a.opened {
			a.replied = true
			return a.exchangeSeq(reply.Tag)
		}
	}
	return protocol.Violation("%d connect messages without a session", p.config.MaxConnectRounds)
}

func (a *acceptance) sendBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, protocol.StageAcceptSendBanner, l, 0); err != nil {
		return err
	}
	local := p.host.Addr()
	a.seen = wire.EntityAddrFromNet(l.conn.RemoteAddr(), 0)
	p.events.BannerSent(local, a.seen)
	return l.write(handshake.AppendServerBanner(make([]byte, 0, handshake.ServerBannerSize), local,
		a.seen))
}

// readBanner learns who the peer is: from now on the pipe has a name in traces.
func (a *acceptance) readBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, protocol.StageAcceptReadBanner, l, 0); err != nil {
		return err
	}
	var addrs [1]wire.EntityAddr
	if err := l.readBanner(addrs[:]); err != nil {
		return err
	}
	addr := handshake.Registered(addrs[0], a.seen)
	p.session.MeetPeer(wire.EntityInst{Name: p.peer().Name, Addr: addr})
	p.events.BannerReceived(addrs[0], addr)
	return nil
}

func (a *acceptance) readConnect() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, protocol.StageAcceptReadConnect, l, 0); err != nil {
		return err
	}
	b, err := l.in.next(wire.ConnectSize)
	if err != nil {
		return err
	}
	h := &a.handshake
	if h.Connect, err = handshake.DecodeConnect(b); err != nil {
		return err
	}
	p.events.ConnectReceived(h.Connect)
	name := wire.EntityName{Type: h.Connect.HostType, Num: wire.NumUnknown}
	p.session.MeetPeer(wire.EntityInst{Name: name, Addr: p.peer().Addr})
	a.policy = p.host.Policy(h.Connect.HostType)
	h.Offered, h.Lossy = a.policy.Offers(), a.policy.Lossy
	h.Authorizer, err = p.readAuthorizer(&p.readerStage, protocol.StageAcceptReadAuthorizer, l,
		h.Connect.AuthorizerLen)
	return err
}

func (a *acceptance) sendReply(reply wire.ConnectReply) error {
	p, l := a.p, a.l
	p.internalDelay()
	if err := p.enter(&p.readerStage, protocol.StageAcceptSendReply, l, reply.Tag); err != nil {
		return err
	}
	p.events.ReplySent(reply)
	b := reply.Append(make([]byte, 0, wire.ConnectReplySize+len(a.handshake.AuthReply)))
	return l.write(append(b, a.handshake.AuthReply...))
}

// exchangeSeq tells what we have and learns what the peer has, if the answer was SEQ.
func (a *acceptance) exchangeSeq(tag wire.Tag) error {
	if tag != wire.TagSeq {
		return nil
	}
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, protocol.StageAcceptSendSeq, l, tag); err != nil {
		return err
	}
	inSeq, err := p.session.InSeq(&l.Link, false)
	if err != nil {
		return err
	}
	if err := p.sendSeq(l, inSeq); err != nil {
		return errors.WithMessage(err, "send seq")
	}
	if err := p.enter(&p.readerStage, protocol.StageAcceptReadSeq, l, tag); err != nil {
		return err
	}
	return errors.WithMessage(p.readSeq(l), "read seq")
}
