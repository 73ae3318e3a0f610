package lab2

import (
	"simplemessenger/internal/handshake"
	"simplemessenger/labs/structures"
	"simplemessenger/protocol"
	"simplemessenger/wire"

	"github.com/pkg/errors"
)

// clientMachine is handshake.Client with a buffer.
type clientMachine struct {
	buffered
	config  clientConfig
	side    handshake.Client
	greeted bool
	reply   *wire.ConnectReply // whose authorizer reply is still to come
	opening *opened            // by SEQ, whose in_seq is still to come
}

func newClient(c clientConfig) *clientMachine {
	return &clientMachine{config: c, side: handshake.Client{Connect: c.connect().Wire(),
		Required: wire.Features(c.Required)}}
}

func (m *clientMachine) take(b []byte) {
	m.buffer = append(m.buffer, b...)
	for !m.ended && !m.open && m.step() {
	}
	if m.open {
		m.rest()
	}
}

// step does what can be done with what is there, and reports whether something could.
func (m *clientMachine) step() bool {
	switch {
	case !m.greeted:
		b, ok := m.banner(handshake.ServerBannerSize)
		if ok {
			m.greet(b)
		}
		return ok
	case m.opening != nil:
		b, ok := m.cut(wire.SeqSize)
		if ok {
			m.opening.Seq = true
			m.opening.PeerInSeq, _ = wire.DecodeSeq(b)
			m.send = wire.AppendSeq(m.send, m.config.InSeq)
			m.tell(event{Kind: kindOpen, Open: *m.opening})
			m.open = true
		}
		return ok
	case m.reply == nil:
		b, ok := m.cut(wire.ConnectReplySize)
		if ok {
			reply, err := handshake.DecodeReply(b)
			if err == nil && reply.AuthorizerLen > maxAuthorizer {
				err = errors.New("too much")
			}
			if err != nil {
				m.fault(err)
				return false
			}
			m.reply = &reply
		}
		return ok
	}
	_, ok := m.cut(int(m.reply.AuthorizerLen))
	if ok {
		reply := *m.reply
		m.reply = nil
		m.react(reply)
	}
	return ok
}

func (m *clientMachine) greet(b []byte) {
	hello, err := structures.DecodeServerBanner(b)
	if err != nil {
		m.fault(err)
		return
	}
	if !protocol.Answers(m.config.Peer.Wire(), hello.Addr.Wire(), false) {
		m.fault(errors.New("somebody else"))
		return
	}
	m.greeted = true
	own := handshake.Registered(m.config.Own.Wire(), hello.PeerAddr.Wire())
	m.send = handshake.AppendClientBanner(m.send, own)
	m.connect()
}

func (m *clientMachine) connect() {
	m.send = m.side.Connect.Append(m.send)
	m.send = append(m.send, m.config.Authorizer.Bytes()...)
}

func (m *clientMachine) react(reply wire.ConnectReply) {
	r, err := m.side.React(reply)
	if err != nil {
		m.fault(err)
		return
	}
	if r.ResetSession {
		m.config.InSeq = 0
		m.tell(event{Kind: kindReset})
	}
	switch r.Action {
	case protocol.ActionRetry:
		m.side.Retry(r.ConnectSeq, protocol.NextGlobalSeq(m.side.Connect.GlobalSeq, r.GlobalSeq))
		m.connect()
	case protocol.ActionWait:
		m.ended = true
		m.tell(event{Kind: kindWait})
	case protocol.ActionOpen, protocol.ActionOpenSeq:
		agreed, _, _ := m.side.Agree(reply)
		o := opened{ConnectSeq: r.ConnectSeq, PeerGlobalSeq: r.GlobalSeq,
			Features: uint64(agreed), Lossy: r.Lossy}
		if r.Action == protocol.ActionOpenSeq {
			m.opening = &o
			return
		}
		m.tell(event{Kind: kindOpen, Open: o})
		m.open = true
	case protocol.ActionFault, protocol.ActionAnswerChallenge, protocol.ActionFreshAuthorizer:
	}
}

// serverMachine is handshake.Server with a buffer.
type serverMachine struct {
	buffered
	config  serverConfig
	side    handshake.Server
	peer    structures.Addr
	greeted bool
	reading bool // a connect message is there, its authorizer is still to come
	asked   bool
	opening *opened // by SEQ, whose in_seq is still to come
}

func newServer(c serverConfig) *serverMachine {
	m := &serverMachine{config: c, side: handshake.Server{Offered: wire.Features(c.Features),
		Lossy: c.Lossy}}
	m.send = handshake.AppendServerBanner(nil, c.Own.Wire(), c.Socket.Wire())
	return m
}

func (m *serverMachine) take(b []byte) {
	m.buffer = append(m.buffer, b...)
	for !m.ended && !m.open && !m.asked && m.step() {
	}
	if m.open {
		m.rest()
	}
}

func (m *serverMachine) step() bool {
	switch {
	case !m.greeted:
		b, ok := m.banner(handshake.ClientBannerSize)
		if ok {
			hello, err := structures.DecodeClientBanner(b)
			if err != nil {
				m.fault(err)
				return false
			}
			m.greeted = true
			m.peer = structures.AddrOf(handshake.Registered(hello.Addr.Wire(),
				m.config.Socket.Wire()))
		}
		return ok
	case m.opening != nil:
		b, ok := m.cut(wire.SeqSize)
		if ok {
			m.opening.Seq = true
			m.opening.PeerInSeq, _ = wire.DecodeSeq(b)
			m.tell(event{Kind: kindOpen, Open: *m.opening})
			m.open = true
		}
		return ok
	case !m.reading:
		b, ok := m.cut(wire.ConnectSize)
		if ok {
			var err error
			m.side.Connect, err = handshake.DecodeConnect(b)
			if err == nil && m.side.Connect.AuthorizerLen > maxAuthorizer {
				err = errors.New("too much")
			}
			if err != nil {
				m.fault(err)
				return false
			}
			m.reading = true
		}
		return ok
	}
	_, ok := m.cut(int(m.side.Connect.AuthorizerLen))
	if ok {
		m.reading = false
		m.request()
	}
	return ok
}

func (m *serverMachine) arrival() protocol.Arrival {
	return protocol.Arrival{Connect: m.side.Connect, ProtocolVersion: m.config.ProtocolVersion,
		Required: wire.Features(m.config.Required)}
}

func (m *serverMachine) request() {
	if d := protocol.DecidePeer(m.arrival()); d.Case != protocol.CaseNone {
		m.respond(d)
		return
	}
	m.asked = true
	m.tell(event{Kind: kindConnect, Peer: m.peer, Connect: structures.ConnectOf(m.side.Connect)})
}

func (m *serverMachine) respond(d protocol.Decision) wire.ConnectReply {
	reply := m.side.Reply(d, m.arrival(), func() uint32 { return m.config.GlobalSeq })
	m.send = reply.Append(m.send)
	return reply
}

func (m *serverMachine) answer(v verdict) {
	m.asked = false
	d := decisionOf(v)
	reply := m.respond(d)
	if !d.Opens() {
		return
	}
	o := opened{ConnectSeq: reply.ConnectSeq, PeerGlobalSeq: m.side.Connect.GlobalSeq,
		Features: uint64(m.side.Agreed()), Lossy: m.config.Lossy}
	if reply.Tag == wire.TagSeq {
		m.send = wire.AppendSeq(m.send, v.InSeq)
		m.opening = &o
		return
	}
	m.open = true
	m.tell(event{Kind: kindOpen, Open: o})
}
