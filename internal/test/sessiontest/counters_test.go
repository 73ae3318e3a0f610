package sessiontest

import (
	"math"
	"testing"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Numbers at their ends: a session that cannot count on begins anew, and both sides are told.

// again connects as the peer, with that connect_seq and a higher global_seq than before.
func again(b *rawBench, before *rawpeer.Peer, connectSeq uint32) *rawpeer.Peer {
	b.T.Helper()
	next := b.dial()
	next.GlobalSeq, next.ConnectSeq, next.OutSeq, next.InSeq = before.GlobalSeq+1, connectSeq,
		before.OutSeq, before.InSeq
	next.Greet()
	next.SendConnect(next.Connect(wire.EntityOSD))
	return next
}

// toldToReset expects RESETSESSION, obeys, and expects a new session.
func toldToReset(b *rawBench, peer *rawpeer.Peer) {
	b.T.Helper()
	peer.ExpectReply(wire.TagResetSession)
	peer.GlobalSeq, peer.ConnectSeq, peer.OutSeq, peer.InSeq = peer.GlobalSeq+1, 0, 0, 0
	peer.SendConnect(peer.Connect(wire.EntityOSD))
	if reply := peer.ExpectOpen(); reply.ConnectSeq != 1 {
		b.T.Errorf("reply %+v", reply)
	}
}

// delivers expects that a message of the peer arrives, and one of ours.
func delivers(b *rawBench, c *simplemsgr.Connection, peer *rawpeer.Peer) {
	b.T.Helper()
	got := make(chan string, 1)
	b.self.OnMessage = func(m *simplemsgr.Message) { got <- string(m.Front) }
	peer.SendMessage(1, "there")
	if front := <-got; front != "there" {
		b.T.Errorf("got %q", front)
	}
	b.send(c, "back")
	for {
		if f := peer.ExpectFrame(wire.TagMsg, wire.TagAck,
			wire.TagKeepalive2); string(f.Front) == "back" {
			return
		}
	}
}

func TestLastConnectSeq(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessPeer(),
		simplemsgr.LosslessPeerReuse(), simplemsgr.StatefulServer()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			peer := b.dial()
			peer.Open(wire.EntityOSD)
			b.Settle()
			c := b.self.Accepted()
			peer.Close()
			peer = again(b, peer, math.MaxUint32-1)
			if reply := peer.ExpectOpen(); reply.ConnectSeq != math.MaxUint32 {
				t.Errorf("reply %+v", reply)
			}
			delivers(b, c, peer)
			b.Settle()
			peer.Close()
			b.Settle()
			peer = again(b, peer, math.MaxUint32)
			toldToReset(b, peer)
			delivers(b, c, peer)
			b.expectEvents(c, "accept", "accept", "remote_reset", "accept")
		})
	}
}

// The same, but we have something to say first.
func TestOurLastConnectSeq(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		peer := b.dial()
		peer.Open(wire.EntityOSD)
		b.Settle()
		c := b.self.Accepted()
		peer.Close()
		peer = again(b, peer, math.MaxUint32-1)
		peer.ExpectOpen()
		b.Settle()
		b.send(c, "unacked")
		b.Settle()
		peer.Close()
		b.Settle()
		peer = b.accept()
		if connect := peer.Accept(); connect.ConnectSeq != 0 {
			t.Errorf("connect %+v", connect)
		}
		delivers(b, c, peer)
		b.expectEvents(c, "accept", "accept", "remote_reset", "connect")
	})
}

func TestLastMessageNumbers(t *testing.T) {
	t.Run("received", func(t *testing.T) {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			peer := b.dial()
			peer.Open(wire.EntityOSD)
			b.Settle()
			c := b.self.Accepted()
			peer.OutSeq = math.MaxUint64 - 2
			delivers(b, c, peer)
			got := make(chan string, 1)
			b.self.OnMessage = func(m *simplemsgr.Message) { got <- string(m.Front) }
			peer.SendMessage(1, "the last")
			if front := <-got; front != "the last" || peer.OutSeq != math.MaxUint64 {
				t.Errorf("got %q, seq %d", front, peer.OutSeq)
			}
			peer.ExpectClosed()
			peer = again(b, peer, 2)
			toldToReset(b, peer)
			delivers(b, c, peer)
			b.expectEvents(c, "accept", "remote_reset", "accept")
		})
	})
	t.Run("sent", func(t *testing.T) {
		withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
			c := b.connect("one")
			peer := b.accept()
			peer.Accept()
			expectFront(t, peer, "one")
			peer.SendAck(1)
			b.Settle()
			b.send(c, "two")
			b.Settle()
			peer.Close()
			peer = b.accept()
			peer.GreetClient()
			connect, _ := peer.ExpectConnect()
			peer.InSeq = math.MaxUint64 - 1
			peer.ExchangeSeq(connect)
			b.send(c, "the last")
			if f := expectFront(t, peer, "the last"); f.Header.Seq != math.MaxUint64 {
				t.Errorf("seq %d", f.Header.Seq)
			}
			peer.SendAck(math.MaxUint64)
			b.Settle()
			b.send(c, "one too many")
			peer.ExpectClosed()
			peer = b.accept()
			if connect := peer.Accept(); connect.ConnectSeq != 0 {
				t.Errorf("connect %+v", connect)
			}
			delivers(b, c, peer)
			b.expectEvents(c, "connect", "connect", "remote_reset", "connect")
		})
	})
}

// The last global_seq is no older than itself.
func TestLastGlobalSeq(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		for connectSeq := range uint32(3) {
			peer := b.dial()
			peer.GlobalSeq, peer.ConnectSeq = math.MaxUint32, 2*connectSeq
			peer.Greet()
			peer.SendConnect(peer.Connect(wire.EntityOSD))
			peer.ExpectOpen()
			b.Settle()
			peer.Close()
			b.Settle()
		}
		b.expectCases(protocol.CaseNew, protocol.CaseReconnect, protocol.CaseReconnect)
	})
}
