package sessiontest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Orderly ends that meet with something else.

// stuckClose makes a session that is closed by the messenger and cannot get rid of what is queued.
func stuckClose(b *rawBench) *simplemsgr.Connection {
	b.T.Helper()
	old := b.dial()
	old.Open(wire.EntityOSD)
	b.Settle()
	c := b.self.Accepted()
	b.Net.Conns()[0].Stall()
	for range 10 {
		if err := c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 200<<10)}); err != nil {
			b.T.Fatal(err)
		}
	}
	c.Close()
	b.Settle()
	if state := b.self.Messenger.Dump().Pipes[0].State; state != "CLOSING" {
		b.T.Fatalf("state %s", state)
	}
	return c
}

// The peer comes back while the close of its old session hangs: the old one ends at once, told
// once, and is not left behind.
func TestCloseThatHangsWhenThePeerComesBack(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		c := stuckClose(b)
		again := b.dial()
		again.GlobalSeq = 2
		again.Open(wire.EntityOSD)
		b.expectEvents(c, "accept", "reset")
		if pipes := b.self.Messenger.Dump().Pipes; len(pipes) != 1 || pipes[0].State != "OPEN" {
			t.Errorf("pipes %+v", pipes)
		}
		start := time.Now()
		b.self.Crash()
		if took := time.Since(start); took > time.Second {
			t.Errorf("shutdown took %v", took)
		}
	})
}

// The same when it is the user who connects again.
func TestCloseThatHangsWhenTheUserConnectsAgain(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		c := stuckClose(b)
		newer := b.connect("hello")
		if newer == c {
			t.Fatal("a connection that is being closed was given out")
		}
		b.expectEvents(c, "accept", "reset")
		peer := b.accept()
		peer.Accept()
		expectFront(t, peer, "hello")
		start := time.Now()
		b.self.Crash()
		if took := time.Since(start); took > time.Second {
			t.Errorf("shutdown took %v", took)
		}
	})
}

// The user closes a session on whose socket the handshake is not over, and the handshake fails:
// that is the end.
func TestCloseBeforeTheHandshakeFails(t *testing.T) {
	for _, queued := range []bool{false, true} {
		for _, server := range []bool{false, true} {
			policy := simplemsgr.LosslessPeer()
			policy.Server = server
			withRawPeer(t, wire.OSD(9), policy, func(t *testing.T, b *rawBench) {
				trap := b.Hold(simulator.At(b.self, protocol.StageAcceptSendReply))
				peer := b.dial()
				peer.Greet()
				peer.SendConnect(peer.Connect(wire.EntityOSD))
				<-trap.Sprung()
				b.Settle()
				c := b.self.Accepted()
				if queued {
					b.send(c, "hello")
				}
				c.Close()
				peer.Close()
				b.Settle()
				trap.Release()
				b.expectEvents(c, "accept", "reset")
				if pipes := b.self.Messenger.Dump().Pipes; len(pipes) != 0 {
					t.Errorf("pipes %+v", pipes)
				}
			})
		}
	}
}

// The socket breaks before the close is through: the end, told once, for every policy.
func TestCloseCutShort(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		w.Net.Conns()[0].Stall()
		must(t, stream.Send(5))
		c.Close()
		w.Settle()
		w.Cut(server, client)
		w.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"connect", "reset"}, client.Kinds(c)); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", pair.Name, diff)
		}
		if err := stream.Send(1); !errors.Is(err, pipe.ErrClosed) {
			t.Errorf("%s: send: %v", pair.Name, err)
		}
	})
}

// A close with more to send than the peer acks: it waits for acks, and does not turn in circles
// meanwhile.
func TestCloseWaitsForAcks(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		b := &rawBench{World: w, raw: wire.EntityInst{Name: wire.Client(9),
			Addr: wire.EntityAddr{Nonce: 9}}}
		b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
		b.self.Configure = func(c *simplemsgr.Config) { c.Pipe.SentLimitMessages = 2 }
		b.self.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
		b.self.Start()
		peer := b.dial()
		peer.Open(wire.EntityOSD)
		b.Settle()
		c := b.self.Accepted()
		for _, front := range []string{"a", "b", "c"} {
			b.send(c, front)
		}
		c.Close()
		expectFront(t, peer, "a")
		expectFront(t, peer, "b")
		peer.ExpectSilence(time.Minute)
		peer.SendAck(1)
		expectFront(t, peer, "c")
		peer.ExpectFrame(wire.TagClose)
	})
}

// A peer that closes in the middle of a burst of ours gets all of it, acked or not.
func TestCloseByThePeerWaitsForTheQueue(t *testing.T) {
	for _, pair := range simulator.Pairs {
		simulator.Run(t, memnet.Config{MinLatency: time.Millisecond, ReadBuffer: 4 << 10},
			func(t *testing.T, w *simulator.World) {
				server, client := pair.Endpoints(w)
				limit := func(c *simplemsgr.Config) { c.Pipe.SentLimitMessages = 3 }
				server.Configure, client.Configure = limit, limit
				server.Start()
				client.Start()
				c := client.Connect(server)
				stream := client.Stream(c)
				must(t, stream.Send(1))
				stream.AwaitDelivered(1)
				w.Settle()
				back := server.Stream(server.Accepted())
				must(t, back.Send(200))
				c.Close()
				w.Sleep(time.Minute)
				if n := back.Delivered(); n != 200 {
					t.Errorf("%s: %d of 200 delivered", pair.Name, n)
				}
			})
	}
}
