package rawpeer

import "simplemessenger/wire"

// The accepting side of the handshake.

// ServerGreeting returns what the accepting side says first: banner, our address, and the address
// of the other side's socket.
func (p *Peer) ServerGreeting() []byte {
	return wire.EntityAddrFromNet(p.Conn.RemoteAddr(), 0).Append(p.Greeting())
}

// ExpectClientGreeting reads what the connecting side says first and returns the address that it
// announces.
func (p *Peer) ExpectClientGreeting() wire.EntityAddr {
	p.t.Helper()
	p.expectBanner()
	return p.expectAddr("the client's address")
}

// ExpectConnect reads a connect message and the authorizer behind it.
func (p *Peer) ExpectConnect() (c wire.Connect, authorizer []byte) {
	p.t.Helper()
	c, err := wire.DecodeConnect(p.Expect("a connect message", wire.ConnectSize))
	if err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	return c, p.Expect("an authorizer", int(c.AuthorizerLen))
}

// Reply returns the reply with that tag that a well-behaved server would give to c, for a script to
// change.
func (p *Peer) Reply(tag wire.Tag, c wire.Connect) wire.ConnectReply {
	r := wire.ConnectReply{Tag: tag, Features: p.Offered,
		ProtocolVersion: wire.ProtocolVersion(p.Name.Type, c.HostType)}
	switch tag {
	case wire.TagReady, wire.TagSeq:
		r.GlobalSeq, r.ConnectSeq = p.GlobalSeq, c.ConnectSeq+1
	case wire.TagRetrySession:
		r.ConnectSeq = max(p.ConnectSeq, c.ConnectSeq) + 1
	case wire.TagRetryGlobal:
		r.GlobalSeq = max(p.GlobalSeq, c.GlobalSeq+1)
	default:
	}
	return r
}

// SendReply writes a reply and, behind it, an authorizer reply, whose length is filled in.
func (p *Peer) SendReply(r wire.ConnectReply, authorizer ...byte) {
	p.t.Helper()
	r.AuthorizerLen = uint32(len(authorizer))
	p.Send(append(r.Append(nil), authorizer...))
}

// GreetClient sends our greeting and reads the client's.
func (p *Peer) GreetClient() wire.EntityAddr {
	p.t.Helper()
	p.Send(p.ServerGreeting())
	return p.ExpectClientGreeting()
}

// Accept is the handshake of a well-behaved server that takes every session as a new one:
// greetings, connect message, READY. It returns the connect message.
func (p *Peer) Accept() wire.Connect {
	p.t.Helper()
	p.GreetClient()
	c, _ := p.ExpectConnect()
	p.SendReady(c)
	return c
}

// SendReady answers c with READY and takes over what the session has.
func (p *Peer) SendReady(c wire.Connect) {
	p.t.Helper()
	p.SendReply(p.Reply(wire.TagReady, c))
	p.opened(c)
}

// ExchangeSeq answers c with SEQ and our InSeq, takes over what the session has, and returns what
// the client has seen.
func (p *Peer) ExchangeSeq(c wire.Connect) uint64 {
	p.t.Helper()
	p.SendReply(p.Reply(wire.TagSeq, c))
	p.SendSeq(p.InSeq)
	p.opened(c)
	return p.ExpectSeq()
}

func (p *Peer) opened(c wire.Connect) {
	p.Features = p.Offered & c.Features
	p.ConnectSeq = c.ConnectSeq + 1
}
