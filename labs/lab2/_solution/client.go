package main

import (
	"encoding/binary"
	"fmt"
)

// Client is the connecting side of one handshake. It has no socket: who has one gives it what comes
// there, and sends what it returns.
type Client struct {
	config  ClientConfig
	connect Connect
	buffer  []byte
	greeted bool // the server's banner was there
	ended   bool
	open    bool
}

// NewClient returns a client that has heard nothing yet. It speaks when the server's banner and
// addresses are there.
func NewClient(config ClientConfig) *Client {
	c := &Client{config: config, connect: Connect{Features: config.Features,
		HostType: config.HostType, GlobalSeq: config.GlobalSeq, ConnectSeq: config.ConnectSeq,
		ProtocolVersion: config.ProtocolVersion, AuthorizerProtocol: config.AuthorizerProtocol,
		AuthorizerLen: uint32(len(config.Authorizer))}}
	if config.Lossy {
		c.connect.Flags = FlagLossy
	}
	return c
}

// Receive takes what has come over the socket, in pieces of any size, and returns what is to be
// sent, and what is to be told. It may keep b.
func (c *Client) Receive(b []byte) (send []byte, events []Event) {
	c.buffer = append(c.buffer, b...)
	for !c.ended {
		s, e, more := c.step()
		send, events = append(send, s...), append(events, e...)
		if !more {
			break
		}
	}
	return send, events
}

// step does what can be done with what is there. More is false if nothing can.
func (c *Client) step() (send []byte, events []Event, more bool) {
	switch {
	case c.open:
		if len(c.buffer) > 0 {
			events = append(events, Event{Kind: KindBytes, Bytes: c.buffer})
			c.buffer = nil
		}
		return nil, events, false
	case !c.greeted:
		return c.greet()
	case len(c.buffer) < 26:
		return nil, nil, false
	}
	reply, err := DecodeConnectReply(c.buffer)
	if err != nil {
		return c.fault(err.Error())
	}
	if reply.AuthorizerLen > MaxAuthorizer {
		return c.fault("an authorizer reply above the limit")
	}
	size := 26 + int(reply.AuthorizerLen)
	if reply.Tag == TagSeq && reply.ConnectSeq == c.connect.ConnectSeq+1 {
		size += 8
	}
	if len(c.buffer) < size {
		return nil, nil, false
	}
	all := c.buffer[:size]
	c.buffer = c.buffer[size:]
	return c.react(reply, all)
}

func (c *Client) greet() (send []byte, events []Event, more bool) {
	n := min(len(c.buffer), len(Banner))
	if string(c.buffer[:n]) != Banner[:n] {
		return c.fault("wrong banner")
	}
	if len(c.buffer) < 281 {
		return nil, nil, false
	}
	server, err := DecodeServerBanner(c.buffer)
	if err != nil {
		return c.fault(err.Error())
	}
	c.buffer = c.buffer[281:]
	called := c.config.Peer
	if blank(server.Addr) {
		called.IP = server.Addr.IP
	}
	if server.Addr != called {
		return c.fault("somebody else answers")
	}
	own := c.config.Own
	if blank(own) {
		own.IP = server.PeerAddr.IP
	}
	c.greeted = true
	return append(EncodeClientBanner(ClientBanner{own}), c.again()...), nil, true
}

func blank(a EntityAddr) bool { return !a.IP.IsValid() || a.IP.IsUnspecified() }

// again is the connect message, with the authorizer.
func (c *Client) again() []byte {
	return append(EncodeConnect(c.connect), c.config.Authorizer...)
}

func (c *Client) fault(reason string) ([]byte, []Event, bool) {
	c.ended = true
	return nil, []Event{{Kind: KindFault, Reason: reason}}, false
}

func (c *Client) react(reply ConnectReply, all []byte) (send []byte, events []Event, more bool) {
	switch reply.Tag {
	case TagReady, TagSeq:
		return c.ready(reply, all)
	case TagResetSession:
		if c.connect.ConnectSeq == 0 {
			return c.fault("nothing to reset")
		}
		c.connect.ConnectSeq, c.config.InSeq = 0, 0
		c.connect.GlobalSeq++
		return c.again(), []Event{{Kind: KindReset}}, true
	case TagRetrySession:
		if reply.ConnectSeq <= c.connect.ConnectSeq {
			return c.fault("a connect_seq that is not above ours")
		}
		c.connect.ConnectSeq = reply.ConnectSeq
		c.connect.GlobalSeq++
		return c.again(), nil, true
	case TagRetryGlobal:
		if reply.GlobalSeq >= 1<<31 && reply.GlobalSeq > c.connect.GlobalSeq {
			return c.fault("a global_seq that nobody has counted")
		}
		c.connect.GlobalSeq = max(c.connect.GlobalSeq, reply.GlobalSeq) + 1
		return c.again(), nil, true
	case TagWait:
		c.ended = true
		return nil, []Event{{Kind: KindWait}}, false
	}
	return c.fault(fmt.Sprintf("the answer %d", reply.Tag))
}

func (c *Client) ready(reply ConnectReply, all []byte) (send []byte, events []Event, more bool) {
	if reply.ConnectSeq != c.connect.ConnectSeq+1 {
		return c.fault("a wrong connect_seq")
	}
	if c.config.Required&^reply.Features != 0 {
		return c.fault("features are missing")
	}
	o := Opened{ConnectSeq: reply.ConnectSeq, PeerGlobalSeq: reply.GlobalSeq,
		Features: reply.Features & c.connect.Features, Lossy: reply.Flags&FlagLossy != 0}
	if reply.Tag == TagSeq {
		o.Seq, o.PeerInSeq = true, binary.LittleEndian.Uint64(all[len(all)-8:])
		send = binary.LittleEndian.AppendUint64(nil, c.config.InSeq)
	}
	c.open = true
	return send, []Event{{Kind: KindOpen, Open: o}}, true
}
