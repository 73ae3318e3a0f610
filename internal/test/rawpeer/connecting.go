package rawpeer

import "simplemessenger/wire"

// The connecting side of the handshake.

// Greeting returns what the connecting side says first: banner and address.
func (p *Peer) Greeting() []byte { return p.Addr.Append(wire.AppendBanner(nil)) }

// ExpectGreeting reads what the accepting side says first. It returns the address that the other
// side announces, and the one under which it sees us.
func (p *Peer) ExpectGreeting() (announced, seen wire.EntityAddr) {
	p.t.Helper()
	p.expectBanner()
	return p.expectAddr("its address"), p.expectAddr("the address that it sees")
}

func (p *Peer) expectBanner() {
	p.t.Helper()
	if err := wire.DecodeBanner(p.Expect("a banner", wire.BannerSize)); err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
}

func (p *Peer) expectAddr(what string) wire.EntityAddr {
	p.t.Helper()
	a, err := wire.DecodeEntityAddr(p.Expect(what, wire.EntityAddrSize))
	if err != nil {
		p.t.Fatalf("rawpeer: %s: %v", what, err)
	}
	return a
}

// Connect returns the connect message that a well-behaved peer would send to a server of type to,
// for a script to change.
func (p *Peer) Connect(to wire.EntityType) wire.Connect {
	return wire.Connect{Features: p.Offered, HostType: p.Name.Type, GlobalSeq: p.GlobalSeq,
		ConnectSeq:      p.ConnectSeq,
		ProtocolVersion: wire.ProtocolVersion(to, p.Name.Type)}
}

// SendConnect writes a connect message and, behind it, an authorizer, whose length is filled in.
func (p *Peer) SendConnect(c wire.Connect, authorizer ...byte) {
	p.t.Helper()
	c.AuthorizerLen = uint32(len(authorizer))
	p.Send(append(c.Append(nil), authorizer...))
}

// ExpectReply reads a connect reply with one of the given tags, and the authorizer reply behind it.
func (p *Peer) ExpectReply(tags ...wire.Tag) (reply wire.ConnectReply, authorizer []byte) {
	p.t.Helper()
	reply, err := wire.DecodeConnectReply(p.Expect("a connect reply", wire.ConnectReplySize))
	if err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	authorizer = p.Expect("an authorizer reply", int(reply.AuthorizerLen))
	for _, tag := range tags {
		if reply.Tag == tag {
			return reply, authorizer
		}
	}
	p.t.Fatalf("rawpeer: expected the reply %v, got %+v", tags, reply)
	return reply, authorizer
}

// Greet reads the other side's greeting and sends ours.
func (p *Peer) Greet() {
	p.t.Helper()
	p.ExpectGreeting()
	p.Send(p.Greeting())
}

// Open is the handshake of a well-behaved client with a server of type to, up to the open session:
// READY, or SEQ and the exchange of numbers.
func (p *Peer) Open(to wire.EntityType) wire.ConnectReply {
	p.t.Helper()
	p.Greet()
	p.SendConnect(p.Connect(to))
	return p.ExpectOpen()
}

// ExpectOpen reads the reply READY or SEQ, exchanges numbers in the latter case, and takes over
// what the session has.
func (p *Peer) ExpectOpen() wire.ConnectReply {
	p.t.Helper()
	reply, _ := p.ExpectReply(wire.TagReady, wire.TagSeq)
	p.ConnectSeq = reply.ConnectSeq
	p.Features = p.Offered & reply.Features
	if reply.Tag == wire.TagSeq {
		p.OutSeq = max(p.OutSeq, p.ExpectSeq())
		p.SendSeq(p.InSeq)
	}
	return reply
}
