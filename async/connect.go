package async

import (
	"context"
	"net"
	"strconv"
	"syscall"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/internal/handshake"
	"simplemessenger/internal/socket"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// attempt is a connecting handshake.
type attempt struct {
	handshake.Client
	l *link
	c *carrier

	rounds   int
	reply    wire.ConnectReply
	reaction protocol.Reaction
	agreed   wire.Features
	security auth.Security
}

// errWait: the peer's own connection wins the race.
var errWait = errors.New("told to wait")

// dial opens a socket, beside the worker: name look-ups and the user's own dialers take their time.
func (a *attempt) dial(ctx context.Context) {
	l := a.l
	if l.over() {
		return // while it waited for its turn
	}
	l.step = "dial"
	var conn net.Conn
	err := l.enter(protocol.StageConnectDial, 0, func() error {
		l.park(func() (err error) {
			if conn, err = a.c.host.Dial(ctx, a.c.session.Peer().Addr); err != nil {
				conn = nil
			}
			return err
		}, func(err error) error {
			if errors.Is(err, syscall.ECONNREFUSED) {
				a.c.session.Refused(&l.Link)
			}
			if conn == nil {
				if socket.SaysDial(err) {
					l.step = ""
				}
				return err
			}
			return a.begin(conn) // which closes it if the link has ended
		})
		return nil
	})
	if err != nil {
		l.fail(err)
	}
}

// fail is what a fault means: the attempt has failed, or the peer's own connection is to be waited
// for.
func (a *attempt) fail(err error, stage protocol.Stage) {
	l, c := a.l, a.c
	l.cancel()
	if errors.Is(err, errWait) {
		c.session.Wait(&l.Link)
	} else {
		c.session.AttemptFailed(&l.Link, l.inStep(err), stage)
	}
	c.jobDone()
}

// cancel gives back what the dialing holds.
func (l *link) cancel() {
	if hangUp := l.hangUp.Swap(nil); hangUp != nil {
		(*hangUp)()
	}
}

func (a *attempt) begin(conn net.Conn) error {
	l, c := a.l, a.c
	if err := l.use(conn, false); err != nil {
		return err
	}
	l.cancel()
	l.expire(c.config.HandshakeTimeout, errHandshakeTimeout)
	l.step = "read banner"
	return l.awaitFirst(protocol.StageConnectReadBanner, wire.BannerSize, func(b []byte) error {
		if err := handshake.DecodeBanner(b); err != nil {
			return err
		}
		l.awaitAddrs(2, a.readBanner)
		return nil
	})
}

// readBanner checks that it is the peer who answers, and learns how it sees us.
func (a *attempt) readBanner(addrs []wire.EntityAddr) error {
	l, c := a.l, a.c
	announced, seen := addrs[0], addrs[1]
	c.events.BannerReceived(announced, seen)
	called := c.session.Peer().Addr
	anyNonce := c.config.AnyNonce && called.Nonce == 0 || c.session.Connection().AnyNonce()
	if !protocol.Answers(called, announced, anyNonce) {
		return errors.WithMessagef(session.ErrWrongPeer, "called %v, %v answers", called, announced)
	}
	if c.host.LearnAddr(seen) {
		c.events.AddressLearned(c.host.Addr())
	}
	l.step = "send banner"
	return l.enter(protocol.StageConnectSendBanner, 0, func() error {
		local := c.host.Addr()
		c.events.BannerSent(local, wire.EntityAddr{})
		return l.write(handshake.AppendClientBanner(nil, local), func() error {
			l.step = ""
			return a.hello()
		})
	})
}

// hello fills in the connect message and gets credentials.
func (a *attempt) hello() (err error) {
	c := a.c
	if a.Connect, a.Required, err = c.session.Hello(&a.l.Link); err != nil {
		return err
	}
	return a.authorize(false)
}

// authorize gets credentials, which may be renewed over the network, and sends the connect message.
func (a *attempt) authorize(fresh bool) error {
	client := a.c.host.AuthClient()
	if client == nil {
		return a.sendConnect()
	}
	peer := a.c.session.Peer().Name.Type
	var authorizer auth.Authorizer
	var required wire.Features
	a.l.park(func() (err error) {
		required = client.RequiredFeatures(peer)
		authorizer, err = socket.Authorizer(socket.Lifetime(a.l.done), client, peer, fresh)
		return err
	}, func(err error) error {
		a.Required |= required
		a.Use(authorizer)
		if err != nil {
			return err
		}
		return a.sendConnect()
	})
	return nil
}

func (a *attempt) sendConnect() error {
	l, c := a.l, a.c
	l.step = ""
	if a.rounds++; a.rounds > c.config.MaxConnectRounds {
		return protocol.Violation("%d connect messages without a session",
			c.config.MaxConnectRounds)
	}
	l.step = "send connect"
	return l.enter(protocol.StageConnectSendConnect, 0, func() error {
		if err := c.session.Asked(&l.Link); err != nil {
			return err
		}
		b, err := a.AppendConnect(nil)
		if err != nil {
			return err
		}
		c.events.ConnectSent(a.Connect)
		return l.write(b, func() error {
			l.step = "read connect reply"
			return l.awaitFirst(protocol.StageConnectReadReply, wire.ConnectReplySize, a.readReply)
		})
	})
}

func (a *attempt) readReply(b []byte) (err error) {
	l := a.l
	if a.reply, err = handshake.DecodeReply(b); err != nil {
		return err
	}
	a.c.events.ReplyReceived(a.reply)
	return l.awaitAuthorizer(protocol.StageConnectReadAuthorizer, a.reply.AuthorizerLen,
		func(b []byte) error {
			a.AuthReply = b
			l.step = "reply " + a.reply.Tag.String()
			return a.react()
		})
}

// react finds out what the reply asks for. With credentials that may take its time.
func (a *attempt) react() error {
	react := func() (err error) {
		a.reaction, err = a.React(a.reply)
		opens := a.reaction.Action == protocol.ActionOpen ||
			a.reaction.Action == protocol.ActionOpenSeq
		if err == nil && opens {
			a.agreed, a.security, err = a.Agree(a.reply)
		}
		return err
	}
	then := func(err error) error {
		if err != nil {
			return err
		}
		return a.carryOut()
	}
	if a.Authorizer == nil {
		return then(react())
	}
	a.l.park(react, then)
	return nil
}

// carryOut carries out what the reply asks for.
func (a *attempt) carryOut() error {
	l, c := a.l, a.c
	switch r := a.reaction; r.Action {
	case protocol.ActionWait:
		return errWait
	case protocol.ActionFreshAuthorizer:
		return a.authorize(true)
	case protocol.ActionRetry:
		globalSeq, err := c.session.Retry(&l.Link, r)
		if err != nil {
			return err
		}
		a.Retry(r.ConnectSeq, globalSeq)
		return a.sendConnect()
	case protocol.ActionAnswerChallenge, protocol.ActionFault: // done
		return a.sendConnect()
	case protocol.ActionOpen, protocol.ActionOpenSeq:
	}
	c.session.Answered(&l.Link)
	if a.reaction.Action == protocol.ActionOpenSeq {
		return a.exchangeSeq()
	}
	return a.opened()
}

// exchangeSeq learns what the peer has and tells what we have.
func (a *attempt) exchangeSeq() error {
	l := a.l
	reply := l.step
	return l.enter(protocol.StageConnectReadSeq, wire.TagSeq, func() error {
		l.step = reply + ": read seq"
		l.awaitSeq(func() error {
			l.step = reply
			return a.tellSeq()
		})
		return nil
	})
}

// tellSeq tells what we have.
func (a *attempt) tellSeq() error {
	l := a.l
	reply := l.step
	return l.enter(protocol.StageConnectSendSeq, wire.TagSeq, func() error {
		inSeq, err := a.c.session.InSeq(&l.Link, true)
		if err != nil {
			return err
		}
		l.step = reply + ": send seq"
		return l.sendSeq(inSeq, func() error {
			l.step = reply
			return a.opened()
		})
	})
}

// opened opens the session, unless it was ended or taken over meanwhile.
func (a *attempt) opened() error {
	l, c := a.l, a.c
	return l.delay(func() error {
		return l.enter(protocol.StageConnectOpen, a.reply.Tag, func() error {
			if err := c.session.Opened(&l.Link, a.reaction, a.agreed, a.security); err != nil {
				return err
			}
			l.w.call(c, func() { // which may end the session
				c.host.Dispatch().FastConnect(c.session.Connection())
			})
			l.step = ""
			l.failed = nil
			c.busy = false
			if c.session.Read(&l.Link) == nil {
				l.open()
			}
			c.advance()
			return nil
		})
	})
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
