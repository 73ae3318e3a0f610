package sessiontest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// What becomes of messages that were received and not dispatched yet.

// gated makes the first dispatch of an endpoint wait; the channel tells that it has begun.
func gated(e *simulator.Endpoint) (entered <-chan struct{}, open func()) {
	begun, gate := make(chan struct{}), make(chan struct{})
	first := true
	e.OnMessage = func(*simplemsgr.Message) {
		if first {
			first = false
			close(begun)
			<-gate
		}
	}
	return begun, func() { close(gate) }
}

// The reader of a new socket delivers nothing before the old one's reader has delivered what it
// has.
func TestNewSocketWaitsForTheOldOnesDispatch(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.FastDispatch = true
		entered, open := gated(client)
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		back := server.Stream(server.Accepted())
		must(t, back.Send(5))
		<-entered
		w.Cut(server, client)
		must(t, stream.Send(1)) // so that the writer notices, and connects
		w.Sleep(time.Second)
		must(t, back.Send(5))
		w.Sleep(time.Second)
		if n := back.Delivered(); n != 1 {
			t.Errorf("%s: %d delivered past a dispatch that has not returned", pair.Name, n)
		}
		open()
		back.AwaitDelivered(10)
	})
}

// The fault of a lossy session drops what waits for its dispatch, before the reset is told.
func TestLossyFaultDropsWhatWaits(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Endpoints(w)
		entered, open := gated(server)
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(20))
		<-entered
		w.Settle()
		w.Cut(server, client)
		w.Settle()
		open()
		w.Settle()
		if n := stream.Delivered(); n != 1 {
			t.Errorf("%d delivered", n)
		}
		if !server.ThrottlesAtZero() {
			t.Errorf("throttles %+v", server.Messenger.Dump().Throttles)
		}
	})
}

// Also what the reader is about to queue at that moment.
func TestLossyFaultDropsWhatIsAboutToWait(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Endpoints(w)
		entered, open := gated(server)
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		<-entered
		w.Settle()
		c := anyOf(server.Messenger)
		trap := w.Hold(simulator.At(server, protocol.StageDispatch))
		must(t, stream.Send(1))
		<-trap.Sprung()
		w.Settle()
		w.Cut(server, client)
		_ = server.Stream(c).Send(1) // the writer finds the fault
		w.Settle()
		open()
		w.Settle()
		if n := stream.Delivered(); n != 1 {
			t.Errorf("%d delivered", n)
		}
	})
}

// So does a new connection that takes the place of a lossy one.
func TestLossyReplaceDropsWhatWaits(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatelessServer(), func(t *testing.T, b *rawBench) {
		gate := make(chan struct{})
		var got []string
		b.self.OnMessage = func(m *simplemsgr.Message) {
			got = append(got, string(m.Front))
			<-gate
		}
		old := b.dial()
		old.Open(wire.EntityOSD)
		for _, front := range []string{"one", "two", "three"} {
			old.SendMessage(1, front)
		}
		b.Settle()
		again := b.dial()
		again.GlobalSeq = 2
		again.Open(wire.EntityOSD)
		again.SendMessage(1, "new")
		b.Settle()
		close(gate)
		b.Settle()
		if diff := cmp.Diff([]string{"one", "new"}, got); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
	})
}

// A remote reset drops what waits from the old session.
func TestRemoteResetDropsWhatWaits(t *testing.T) {
	withRawPeer(t, wire.Client(9), simplemsgr.StatefulServer(), func(t *testing.T, b *rawBench) {
		gate := make(chan struct{})
		var got []string
		b.self.OnMessage = func(m *simplemsgr.Message) {
			got = append(got, string(m.Front))
			<-gate
		}
		b.self.OnEvent = func(e simulator.Event) {
			if e.Kind == dispatchqueue.KindRemoteReset {
				got = append(got, "remote reset")
			}
		}
		old := b.dial()
		old.Open(wire.EntityOSD)
		for _, front := range []string{"one", "two", "three"} {
			old.SendMessage(1, front)
		}
		b.Settle()
		again := b.dial()
		again.GlobalSeq = 2
		again.Open(wire.EntityOSD)
		again.SendMessage(1, "new")
		b.Settle()
		close(gate)
		b.Settle()
		if diff := cmp.Diff([]string{"one", "remote reset", "new"}, got); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
	})
}

// A peer that begins anew gets acks from the first message on, and not only from where its
// predecessor was.
func TestPeerThatRestartedGetsAcks(t *testing.T) {
	for _, policy := range []simplemsgr.Policy{simplemsgr.LosslessPeer(),
		simplemsgr.StatefulServer()} {
		withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
			old := b.dial()
			old.Open(wire.EntityOSD)
			for range 20 {
				old.SendMessage(1, "")
			}
			old.ExpectAck(20)
			again := b.dial()
			again.GlobalSeq = 2
			again.Open(wire.EntityOSD)
			again.SendMessage(1, "")
			again.ExpectAck(1)
		})
	}
}

// A session in standby goes on with the next connect_seq, in one round.
func TestStandbyGoesOnWithTheNextConnectSeq(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		c := b.connect("one")
		peer := b.accept()
		peer.Accept()
		expectFront(t, peer, "one")
		peer.SendAck(1)
		b.Settle()
		peer.Close()
		b.Settle()
		b.send(c, "two")
		again := b.accept()
		again.GreetClient()
		if connect, _ := again.ExpectConnect(); connect.ConnectSeq != 2 {
			t.Errorf("connect_seq %d", connect.ConnectSeq)
		}
	})
}

// The server's word on lossy counts, whatever the client's policy says.
func TestServerDecidesOnLossy(t *testing.T) {
	for _, lossy := range []bool{true, false} {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			pair := simulator.Pair{Server: simplemsgr.StatefulServer(),
				Client: simplemsgr.LossyClient()}
			if lossy {
				pair = simulator.Pair{Server: simplemsgr.StatelessServer(),
					Client: simplemsgr.LosslessClient()}
			}
			server, client := pair.Start(w)
			c := client.Connect(server)
			stream := client.Stream(c)
			must(t, stream.Send(1))
			stream.AwaitDelivered(1)
			w.Cut(server, client)
			w.Sleep(time.Second)
			if c.IsAlive() == lossy {
				t.Errorf("lossy %v: alive %v after a fault", lossy, c.IsAlive())
			}
			reply := trace.Of[trace.ReplyReceived](w.Records.Records())[0].Reply
			if reply.Lossy() != lossy {
				t.Errorf("reply %+v", reply)
			}
		})
	}
}

// A message that is retained holds its place in the policy's throttles, and the messages behind it,
// until it is released.
func TestRetainedMessageHoldsItsThrottle(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		pair.Server.ThrottleMessages = throttle.New("two at a time", 2)
		server, client := pair.Endpoints(w)
		var held []*simplemsgr.Message
		server.OnMessage = func(m *simplemsgr.Message) {
			m.Retain()
			held = append(held, m)
		}
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(5))
		w.Sleep(time.Second)
		for n := 2; n <= 5; n++ {
			if stream.Delivered() != n {
				t.Errorf("%s: %d delivered, want %d", pair.Name, stream.Delivered(), n)
			}
			held[n-2].Release()
			w.Settle()
		}
		for _, m := range held[4:] {
			m.Release()
		}
		if !server.ThrottlesAtZero() {
			t.Errorf("%s: throttles %+v", pair.Name, server.Messenger.Dump().Throttles)
		}
	})
}

// anyOf returns a connection of the messenger.
func anyOf(m *simplemsgr.Messenger) *simplemsgr.Connection {
	for c := range m.Connections() {
		return c
	}
	return nil
}
