package async

import (
	"net"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// acceptance is an accepting handshake.
type acceptance struct {
	handshake.Server
	l      *link
	c      *carrier
	policy session.Policy  // towards the connect message's host_type
	seen   wire.EntityAddr // of the socket's other end

	rounds   int
	arrival  protocol.Arrival
	decision protocol.Decision
	refusal  error
	waiting  bool // for a delivery of the session that the peer comes to
	idle     bool // that has called
	opened   bool // the peer was let in
	replied  bool // READY or SEQ was written
}

// accept begins the handshake on an accepted socket.
func (l *link) accept(conn net.Conn) {
	a := &acceptance{l: l, c: l.c}
	l.failed = a.fail
	if err := l.use(conn, true); err != nil {
		l.fail(err)
		return
	}
	if err := a.begin(); err != nil {
		l.fail(err)
		return
	}
	l.process()
}

// fail is what a fault means: the peer is refused, or, once it was let in, its session has to see
// how it goes on.
func (a *acceptance) fail(err error, stage protocol.Stage) {
	l, c := a.l, a.c
	err = l.inStep(err)
	c.readerStage.Store(uint32(protocol.StageNone))
	if a.opened {
		c.session.AcceptFailed(&l.Link, a.replied, err, stage)
	} else {
		if c.session.Peer().Addr.IsBlank() {
			err = errors.WithMessagef(err, "socket from %s", session.AddrString(l.remote))
		}
		c.session.Refuse(err, stage)
	}
	c.advance() // which finds how the session goes on, or that there is nothing more to do
}

// begin waits until there is room for the events that one more peer brings.
func (a *acceptance) begin() error {
	l, c := a.l, a.c
	if !c.host.Dispatch().WaitForEventRoom(closed) {
		return a.sendBanner()
	}
	began := time.Now()
	l.park(func() error {
		c.host.Dispatch().WaitForEventRoom(l.done)
		return nil
	}, func(err error) error {
		if err != nil {
			return err
		}
		c.events.ThrottleWaited("dispatch queue, events", 1, began)
		return a.sendBanner()
	})
	return nil
}

// closed is a channel on which nobody waits long.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (a *acceptance) sendBanner() error {
	l, c := a.l, a.c
	l.expire(c.config.HandshakeTimeout, errHandshakeTimeout)
	l.step = "send banner"
	return l.enter(protocol.StageAcceptSendBanner, 0, func() error {
		local := c.host.Addr()
		a.seen = wire.EntityAddrFromNet(l.remote, 0)
		c.events.BannerSent(local, a.seen)
		b := make([]byte, 0, handshake.ServerBannerSize)
		return l.write(handshake.AppendServerBanner(b, local, a.seen), func() error {
			l.step = "read banner"
			return l.awaitFirst(protocol.StageAcceptReadBanner, wire.BannerSize, a.readBanner)
		})
	})
}

// readBanner learns who the peer is.
func (a *acceptance) readBanner(b []byte) error {
	if err := handshake.DecodeBanner(b); err != nil {
		return err
	}
	l, c := a.l, a.c
	l.awaitAddrs(1, func(addrs []wire.EntityAddr) error {
		addr := handshake.Registered(addrs[0], a.seen)
		c.session.MeetPeer(wire.EntityInst{Name: c.session.Peer().Name, Addr: addr})
		c.events.BannerReceived(addrs[0], addr)
		if server := c.host.AuthServer(); server != nil {
			a.Exchange = server.NewExchange(addr)
		}
		return a.awaitConnect()
	})
	return nil
}

// awaitAddrs expects so many addresses.
func (l *link) awaitAddrs(n int, next func([]wire.EntityAddr) error) {
	var addrs []wire.EntityAddr
	var one func(b []byte) error
	one = func(b []byte) error {
		addr, err := wire.DecodeEntityAddr(b)
		if err != nil {
			return err
		}
		if addrs = append(addrs, addr); len(addrs) == n {
			return next(addrs)
		}
		l.want, l.next = wire.EntityAddrSize, one
		return nil
	}
	l.want, l.next = wire.EntityAddrSize, one
}

func (a *acceptance) awaitConnect() error {
	l := a.l
	l.step = ""
	if a.rounds++; a.rounds > a.c.config.MaxConnectRounds {
		return protocol.Violation("%d connect messages without a session",
			a.c.config.MaxConnectRounds)
	}
	l.step = "read connect"
	return l.awaitFirst(protocol.StageAcceptReadConnect, wire.ConnectSize, a.readConnect)
}

func (a *acceptance) readConnect(b []byte) (err error) {
	c := a.c
	if a.Connect, err = handshake.DecodeConnect(b); err != nil {
		return err
	}
	c.events.ConnectReceived(a.Connect)
	name := wire.EntityName{Type: a.Connect.HostType, Num: wire.NumUnknown}
	c.session.MeetPeer(wire.EntityInst{Name: name, Addr: c.session.Peer().Addr})
	a.policy = c.host.Policy(a.Connect.HostType)
	a.Offered, a.Lossy = a.policy.Offers(), a.policy.Lossy
	return a.l.awaitAuthorizer(protocol.StageAcceptReadAuthorizer, a.Connect.AuthorizerLen,
		func(b []byte) error {
			a.Authorizer = b
			return a.answer()
		})
}

// awaitAuthorizer expects the bytes behind a connect message or its reply. Their length is the
// peer's word, so it is limited before it is believed.
func (l *link) awaitAuthorizer(stage protocol.Stage, n uint32, next func([]byte) error) error {
	if n == 0 {
		return next(nil)
	}
	return l.enter(stage, 0, func() error {
		if limit := l.c.config.MaxAuthorizerSize; uint64(n) > uint64(limit) {
			return protocol.Violation("authorizer_len %d, limit %d", n, limit)
		}
		b := make([]byte, n)
		step := l.step
		l.step += ": authorizer of " + itoa(n) + " bytes"
		l.awaitInto(b, func() error {
			l.step = step
			return next(b)
		})
		return nil
	})
}

// answer decides over the latest connect message.
func (a *acceptance) answer() error {
	c := a.c
	a.l.step = ""
	a.AuthReply, a.refusal = nil, nil
	a.arrival = protocol.Arrival{
		Connect: a.Connect, Peer: c.session.Peer().Addr, Local: c.host.Addr(),
		ResetCheck:      a.policy.ResetCheck,
		ProtocolVersion: wire.ProtocolVersion(c.host.Name().Type, a.Connect.HostType),
		Required:        a.policy.FeaturesRequired,
	}
	if server := c.host.AuthServer(); server != nil {
		a.arrival.Required |= server.RequiredFeatures(a.Connect.HostType)
	}
	a.decision = protocol.DecidePeer(a.arrival)
	if a.decision.Case != protocol.CaseNone {
		return a.reply()
	}
	if a.Exchange == nil {
		return a.decidePrincipal()
	}
	return a.l.enter(protocol.StageAcceptVerifyAuthorizer, 0, func() error {
		a.l.park(func() error { // it is the user's code, and may take its time
			a.decision, a.refusal = a.Verify()
			return nil
		}, func(err error) error {
			if err != nil {
				return err
			}
			if a.decision.Case != protocol.CaseNone {
				return a.reply()
			}
			return a.decidePrincipal()
		})
		return nil
	})
}

func (a *acceptance) decidePrincipal() error {
	a.arrival.Principal = protocol.PrincipalOf(a.Identity)
	a.decision = protocol.DecidePrincipal(a.arrival)
	if a.decision.Case != protocol.CaseNone {
		return a.reply()
	}
	return a.decideSession()
}

// decideSession has the session decide. While the one that the peer comes to delivers a message it
// may not be taken over: it calls when that is over, and is asked again.
func (a *acceptance) decideSession() error {
	l, c := a.l, a.c
	caller := session.Caller{Arrival: a.arrival, Handshake: &a.Server, Policy: a.policy,
		Seen: a.seen}
	return l.enter(protocol.StageAcceptDecide, 0, func() error {
		return l.delay(func() error {
			a.idle = false
			v, err := c.session.Decide(&caller, func() { l.w.post(a.sessionIdle) })
			switch {
			case err != nil:
				return err
			case v.Busy:
				return l.enter(protocol.StageAcceptWaitDispatch, 0, func() error {
					a.waiting = true
					if a.idle {
						return a.decideAgain()
					}
					return nil
				})
			case v.Opens() && v.Session == nil: // the socket was given up meanwhile
				return session.ErrClosed
			case v.Opens():
				a.opened = true
				c.serve(v.Session)
				l.Events = c.events
				l.w.call(c, func() { c.host.Dispatch().FastAccept(v.Session.Connection()) })
			}
			a.decision = v.Decision
			return a.reply()
		})
	})
}

// sessionIdle: the session that the peer comes to delivers nothing any more.
func (a *acceptance) sessionIdle() {
	l := a.l
	a.idle = true
	switch {
	case l.over():
		l.fail(session.ErrClosed)
	case a.waiting:
		if err := a.decideAgain(); err != nil {
			l.fail(err)
			return
		}
		l.process()
	}
}

func (a *acceptance) decideAgain() error {
	a.waiting = false
	return a.decideSession()
}

// delay goes on after the pause where locks change hands that tests ask for.
func (l *link) delay(then func() error) error {
	d := l.c.config.Inject.InternalDelays
	if d <= 0 {
		return then()
	}
	l.park(func() error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.done:
		}
		return nil
	}, func(err error) error {
		if err != nil {
			return err
		}
		return then()
	})
	return nil
}

func (a *acceptance) reply() error {
	l, c := a.l, a.c
	reply := a.Server.Reply(a.decision, a.arrival, func() uint32 { return c.host.NextGlobalSeq(0) })
	c.events.Decided(a.decision.Case, reply.Tag, handshake.Reason(a.decision, a.arrival, a.refusal))
	l.step = "send " + reply.Tag.String()
	return l.delay(func() error {
		return l.enter(protocol.StageAcceptSendReply, reply.Tag, func() error {
			c.events.ReplySent(reply)
			b := reply.Append(make([]byte, 0, wire.ConnectReplySize+len(a.AuthReply)))
			return l.write(append(b, a.AuthReply...), func() error { return a.goOn(reply.Tag) })
		})
	})
}

// goOn follows a reply.
func (a *acceptance) goOn(replied wire.Tag) error {
	if !a.opened {
		return a.awaitConnect()
	}
	a.replied = true
	a.l.step = ""
	if replied == wire.TagSeq {
		return a.exchangeSeq()
	}
	return a.open()
}

// exchangeSeq tells what we have and learns what the peer has.
func (a *acceptance) exchangeSeq() error {
	l, c := a.l, a.c
	return l.enter(protocol.StageAcceptSendSeq, wire.TagSeq, func() error {
		inSeq, err := c.session.InSeq(&l.Link, false)
		if err != nil {
			return err
		}
		l.step = "send seq"
		return l.sendSeq(inSeq, func() error {
			l.step = ""
			return l.enter(protocol.StageAcceptReadSeq, wire.TagSeq, func() error {
				l.step = "read seq"
				l.awaitSeq(a.open)
				return nil
			})
		})
	})
}

func (l *link) sendSeq(inSeq uint64, then func() error) error {
	l.c.events.SeqSent(inSeq)
	return l.write(wire.AppendSeq(nil, inSeq), then)
}

// awaitSeq expects what the peer has.
func (l *link) awaitSeq(then func() error) {
	into := make([]byte, wire.SeqSize)
	l.awaitInto(into, func() error {
		seq, err := wire.DecodeSeq(into)
		if err != nil {
			return err
		}
		l.c.events.SeqReceived(seq)
		if err := l.c.session.PeerHas(&l.Link, seq); err != nil {
			return err
		}
		return then()
	})
}

// open ends the handshake.
func (a *acceptance) open() error {
	a.l.step = ""
	if err := a.c.session.Read(&a.l.Link); err != nil {
		return err
	}
	a.l.open()
	a.c.advance()
	return nil
}
