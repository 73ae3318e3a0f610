package pipe

import (
	"net/netip"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// acceptance is the state of one accepting handshake. It belongs to the goroutine that runs it.
type acceptance struct {
	p         *Pipe
	l         *link
	handshake handshake.Server
	policy    Policy // towards the connect message's host_type

	host       netip.Addr        // of the socket's other end
	noPlace    error             // why there is no place for the session
	decision   protocol.Decision // once it opens
	connection *Connection       // of the session, once it is ours and registered
	replied    bool              // READY or SEQ was written

	connectSeqBefore uint32 // of the session, before this connection was counted
}

// runAccept is the goroutine of a handshake on an accepted socket. It ends with the handshake and leaves reader and writer
// behind if the session is open.
func (p *Pipe) runAccept(l *link) {
	p.events.socketOpened(true, l.conn)
	a := &acceptance{p: p, l: l}
	err := a.run()
	stage := protocol.Stage(p.readerStage.Swap(uint32(protocol.StageNone)))

	switch {
	case err == nil:
		p.mu.Lock()
		if p.link == l {
			l.endHandshake(p.config.ReadTimeout)
			p.startWriterLocked()
			p.startReaderLocked(l)
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
func (p *Pipe) refuse(err error, stage protocol.Stage) {
	registry := p.host.Registry()
	registry.Lock()
	p.mu.Lock()
	if p.state == protocol.Accepting {
		p.events.faulted(stage, err, protocol.Closed, false)
		p.endLocked()
	}
	registry.Unregister(p)
	p.mu.Unlock()
	registry.Unlock()
}

// run is the accepting side's handshake, in the order of the protocol.
func (a *acceptance) run() error {
	p, l := a.p, a.l
	began := time.Now()
	if p.host.Dispatch().WaitForEventRoom(l.done) {
		p.events.throttleWaited("dispatch queue, events", 1, began)
	}
	l.beginHandshake(p.config.HandshakeTimeout)
	if err := a.sendBanner(); err != nil {
		return errors.WithMessage(err, "send banner")
	}
	if err := a.readBanner(); err != nil {
		return errors.WithMessage(err, "read banner")
	}
	if server := p.host.AuthServer(); server != nil {
		a.handshake.Exchange = server.NewExchange(p.Peer().Addr)
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
	return protocol.Violation("%d connect messages without a session", p.config.MaxConnectRounds)
}

func (a *acceptance) sendBanner() error {
	p, l := a.p, a.l
	if err := p.enter(&p.readerStage, protocol.StageAcceptSendBanner, l, 0); err != nil {
		return err
	}
	local, seen := p.host.Addr(), wire.EntityAddrFromNet(l.conn.RemoteAddr(), 0)
	a.host = seen.IP
	p.events.bannerSent(local, seen)
	return l.write(handshake.AppendServerBanner(make([]byte, 0, handshake.ServerBannerSize), local, seen))
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
	addr := handshake.Registered(addrs[0], wire.EntityAddrFromNet(l.conn.RemoteAddr(), 0))
	p.peer.Store(&wire.EntityInst{Name: p.Peer().Name, Addr: addr})
	p.events.bannerReceived(addrs[0], addr)
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
	p.events.connectReceived(h.Connect)
	p.peer.Store(&wire.EntityInst{Name: wire.EntityName{Type: h.Connect.HostType, Num: wire.NumUnknown}, Addr: p.Peer().Addr})
	a.policy = p.host.Policy(h.Connect.HostType)
	h.Offered, h.Lossy = a.policy.features(), a.policy.Lossy
	h.Authorizer, err = p.readAuthorizer(&p.readerStage, protocol.StageAcceptReadAuthorizer, l, h.Connect.AuthorizerLen)
	return err
}

func (a *acceptance) sendReply(reply wire.ConnectReply) error {
	p, l := a.p, a.l
	p.internalDelay()
	if err := p.enter(&p.readerStage, protocol.StageAcceptSendReply, l, reply.Tag); err != nil {
		return err
	}
	p.events.replySent(reply)
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
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return ErrReplaced
	}
	inSeq := p.session.InSeq
	p.mu.Unlock()
	if err := p.sendSeq(l, inSeq); err != nil {
		return errors.WithMessage(err, "send seq")
	}
	if err := p.enter(&p.readerStage, protocol.StageAcceptReadSeq, l, tag); err != nil {
		return err
	}
	return errors.WithMessage(p.readSeq(l), "read seq")
}

// failOpened deals with a socket that failed after the session was opened on it: it may have been taken from another pipe, and
// messages may be waiting in it.
func (a *acceptance) failOpened(err error, stage protocol.Stage) {
	a.p.finish(a.failOpenedLocking(err, stage))
}

// failOpenedLocking returns what is to be finished.
func (a *acceptance) failOpenedLocking(err error, stage protocol.Stage) *ending {
	p := a.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link != a.l {
		return nil
	}
	p.dropLinkLocked()
	s := p.session
	p.requeueLocked()
	if !a.replied {
		// The peer has not seen the answer: for it there was no such connection.
		s.FailAccept(a.connectSeqBefore)
	}
	after := protocol.AfterFailedAccept(p.policy.Rules(), s.out.queued > 0, a.decision.Replace)
	if p.endsOrderlyLocked() { // the user has closed it meanwhile
		after = protocol.Aftermath{Next: protocol.Closed}
	}
	p.tellFaultLocked(err, stage, after.Next)
	if after.Next == protocol.Closed {
		p.endSessionLocked()
		return p.endingLocked()
	}
	p.pauseLocked(true)
	p.setStateLocked(after.Next)
	p.startWriterLocked()
	return nil
}
