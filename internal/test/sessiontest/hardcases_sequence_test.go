package sessiontest

import (
	"sync"
	"testing"
	"time"

	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Hard cases of numbers: what is sent again, and under which number.

// All acks are lost; after SEQ nothing that the peer has is sent again.
func TestHardCase08LostAcksSendNothingTwice(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Drain()
		w.Net.Conns()[0].ServerToClient().Stall()
		must(t, stream.Send(10))
		stream.AwaitDelivered(11)
		if p, _ := client.Pipe(server); p.Session.Sent != 10 {
			t.Fatalf("%s: %d messages without ack", pair.Name, p.Session.Sent)
		}
		w.Cut(server, client)
		w.Settle()
		must(t, stream.Send(1))
		stream.AwaitDelivered(12)
		w.Drain()
		for _, sent := range trace.Of[trace.MessageSent](w.Records.Records()) {
			if sent.Resent {
				t.Errorf("%s: seq %d was sent again", pair.Name, sent.Header.Seq)
			}
		}
		if n := count[trace.MessageDropped](w); n != 0 {
			t.Errorf("%s: %d duplicates dropped", pair.Name, n)
		}
		if d := trace.Of[trace.Discarded](w.Records.Records()); len(d) != 1 ||
			d[0].Messages != 10 || d[0].UpTo != 11 {
			t.Errorf("%s: discarded %+v", pair.Name, d)
		}
	})
}

// Without RECONNECT_SEQ they are sent again, and dropped as duplicates.
func TestHardCase08LostAcksWithoutSeqAreDropped(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		pair.Client.FeaturesSupported = wire.FeaturesSupported &^ wire.FeatureReconnectSeq
		server, client := pair.Start(w)
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Drain()
		w.Net.Conns()[0].ServerToClient().Stall()
		must(t, stream.Send(10))
		stream.AwaitDelivered(11)
		w.Cut(server, client)
		must(t, stream.Send(1))
		stream.AwaitDelivered(12)
		w.Drain()
		if n := count[trace.MessageDropped](w); n != 10 {
			t.Errorf("%s: %d duplicates dropped", pair.Name, n)
		}
	})
}

// Many goroutines keep sending while the connection is lost and made again.
func TestHardCase09SendersDuringReconnect(t *testing.T) {
	for _, pair := range lossless {
		simulator.Run(t, memnet.Config{MinLatency: 100 * time.Microsecond,
			MaxLatency: 2 * time.Millisecond}, func(t *testing.T, w *simulator.World) {
			server, client := pair.Start(w)
			c := client.Connect(server)
			var senders sync.WaitGroup
			for range 4 {
				stream := client.Stream(c)
				senders.Go(func() {
					for range 200 {
						if err := stream.Send(1); err != nil {
							t.Error(err)
							return
						}
						time.Sleep(time.Millisecond)
					}
				})
			}
			for range 15 {
				w.Sleep(time.Duration(w.Random.Int64N(int64(20 * time.Millisecond))))
				w.Cut(server, client)
			}
			senders.Wait()
			w.Drain()
			if n := server.Count(4) + client.Count(4); n != 0 { // resets
				t.Errorf("%s: %d resets", pair.Name, n)
			}
		})
	}
}

// A replace with nothing to send again: the numbers go on, so that the next message is not taken
// for an old one.
func TestHardCase10NumbersGoOnAfterReplace(t *testing.T) {
	for _, features := range []wire.Features{wire.FeaturesSupported,
		wire.FeaturesSupported &^ wire.FeatureReconnectSeq} {
		eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			pair.Client.FeaturesSupported = features
			server, client := pair.Start(w)
			stream := client.Stream(client.Connect(server))
			must(t, stream.Send(7))
			stream.AwaitDelivered(7)
			back := server.Stream(server.Accepted())
			must(t, back.Send(9))
			back.AwaitDelivered(9)
			w.Drain()
			w.Cut(server, client)
			w.Settle()
			must(t, stream.Send(1))
			must(t, back.Send(1))
			stream.AwaitDelivered(8)
			back.AwaitDelivered(10)
			for _, r := range w.Records.Records() {
				if e, ok := r.Event.(trace.MessageSent); ok {
					most := uint64(8)
					if r.Messenger == server.Name {
						most = 10
					}
					if e.Header.Seq > most {
						t.Errorf("%s: %v sent seq %d", pair.Name, r.Messenger, e.Header.Seq)
					}
				}
			}
			if n := count[trace.MessageDropped](w); n != 0 {
				t.Errorf("%s: %d dropped", pair.Name, n)
			}
		})
	}
}

// Sequence numbers cross 2³², with a reconnect in between.
func TestHardCase23NumbersBeyond32Bits(t *testing.T) {
	const most = 1<<32 - 1
	withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(), func(t *testing.T, b *rawBench) {
		got := make(chan *simplemsgr.Message, 10)
		b.self.OnMessage = func(m *simplemsgr.Message) { got <- m }
		first := b.dial()
		first.Open(wire.EntityOSD)
		// In: header and ACK.
		for _, seq := range []uint64{most - 1, most, most + 1} {
			first.Send(first.Message(wire.MessageHeader{Type: 1, Seq: seq}, nil, nil, nil))
			if m := <-got; m.Seq != seq {
				t.Errorf("seq %d became %d", seq, m.Seq)
			}
			first.ExpectAck(seq)
		}
		b.Settle()
		c := b.self.Accepted()
		first.Close()
		b.Settle()

		// SEQ in both directions. The peer claims to have nearly 2³² messages.
		second := b.dial()
		second.GlobalSeq, second.ConnectSeq, second.InSeq = 2, 2, most-1
		second.Open(wire.EntityOSD)
		if second.OutSeq != most+1 {
			t.Errorf("the server has %d, want %d", second.OutSeq, uint64(most+1))
		}
		for _, want := range []uint64{most, most + 1, most + 2} {
			b.send(c, "x")
			if f := second.ExpectMessage(); f.Header.Seq != want {
				t.Errorf("seq %d, want %d", f.Header.Seq, want)
			}
		}
		second.SendAck(most + 1)
		b.Settle()
		second.Close()
		third := b.dial()
		third.GlobalSeq, third.ConnectSeq, third.InSeq = 3, 4, most+1
		third.Open(wire.EntityOSD)
		if f := third.ExpectMessage(); f.Header.Seq != most+2 {
			t.Errorf("sent again: seq %d", f.Header.Seq)
		}
		third.SendMessage(1, "")
		if m := <-got; m.Seq != most+2 {
			t.Errorf("seq %d", m.Seq)
		}
	})
}

// The first number of a session is 1; only after a reset of a session with MSG_AUTH it is random,
// of 31 bits.
func TestHardCase24StartSequence(t *testing.T) {
	var random []uint64
	for _, offered := range []wire.Features{wire.FeaturesSupported,
		wire.FeaturesSupported &^ wire.FeatureMsgAuth} {
		for range 4 {
			withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
				c := b.connect("first")
				accept := func(peer *rawpeer.Peer) *rawpeer.Peer {
					peer.Offered = offered
					return peer
				}
				first := accept(b.accept())
				first.Accept()
				if f := first.ExpectMessage(); f.Header.Seq != 1 {
					t.Errorf("first seq %d", f.Header.Seq)
				}
				first.SendAck(1)
				b.Settle()
				first.Close()
				b.Settle()
				b.send(c, "lost")
				second := accept(b.accept())
				second.GreetClient()
				connect, _ := second.ExpectConnect()
				second.SendReply(second.Reply(wire.TagResetSession, connect))
				connect, _ = second.ExpectConnect()
				second.SendReady(connect)
				b.Settle()
				b.send(c, "after the reset")
				f := second.ExpectMessage()
				if offered.Has(wire.FeatureMsgAuth) {
					random = append(random, f.Header.Seq)
				} else if f.Header.Seq != 1 {
					t.Errorf("seq %d after a reset without MSG_AUTH", f.Header.Seq)
				}
			})
		}
	}
	different := map[uint64]bool{}
	for _, seq := range random {
		different[seq] = true
		if seq == 0 || seq > 1<<31 {
			t.Errorf("seq %d", seq)
		}
	}
	if len(different) < 2 {
		t.Errorf("not random: %v", random)
	}
}

// A gap in the numbers is accepted and told, also across a reconnect, where the peer says what it
// has.
func TestHardCase32GapIsAcceptedAndTold(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(), func(t *testing.T, b *rawBench) {
		got := make(chan *simplemsgr.Message, 10)
		b.self.OnMessage = func(m *simplemsgr.Message) { got <- m }
		peer := b.dial()
		peer.Open(wire.EntityOSD)
		for _, seq := range []uint64{1, 5, 6, 100} {
			peer.Send(peer.Message(wire.MessageHeader{Type: 1, Seq: seq}, nil, nil, nil))
			if m := <-got; m.Seq != seq {
				t.Errorf("got seq %d, want %d", m.Seq, seq)
			}
		}
		peer.ExpectAck(100)
		gaps := trace.Of[trace.SequenceGap](b.Records.Records())
		if len(gaps) != 2 || gaps[0] != (trace.SequenceGap{Expected: 2, Got: 5}) ||
			gaps[1] != (trace.SequenceGap{Expected: 7, Got: 100}) {
			t.Errorf("gaps %+v", gaps)
		}
	})
}

// A peer that claims more than was sent: numbers go on behind its claim, else it would take new
// messages for old ones.
func TestHardCase32PeerAhead(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(), func(t *testing.T, b *rawBench) {
		first := b.dial()
		first.Open(wire.EntityOSD)
		b.Settle()
		c := b.self.Accepted()
		b.send(c, "one")
		expectFront(t, first, "one")
		first.Close()
		second := b.dial()
		second.GlobalSeq, second.ConnectSeq, second.InSeq = 2, 2, 50
		second.Open(wire.EntityOSD)
		b.send(c, "two")
		if f := expectFront(t, second, "two"); f.Header.Seq != 51 {
			t.Errorf("seq %d", f.Header.Seq)
		}
		if ahead := trace.Of[trace.SequenceAhead](b.Records.Records()); len(ahead) != 1 ||
			ahead[0].Claimed != 50 {
			t.Errorf("%+v", ahead)
		}
		if p := b.self.Messenger.Dump().Pipes[0]; p.State != protocol.Open.String() {
			t.Errorf("state %s", p.State)
		}
	})
}
