package sessiontest

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Hard cases of beginnings and ends.

// Shutdown while an accept waits for the fast dispatch of the pipe that it is to replace.
func TestHardCase18ShutdownWhileAcceptWaitsForDispatch(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		gate, entered := make(chan struct{}), make(chan struct{})
		server.FastDispatch = true
		server.OnMessage = func(*simplemsgr.Message) {
			close(entered)
			<-gate
		}
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		<-entered
		waits := w.Do(simulator.At(server, protocol.StageAcceptWaitDispatch), func() {})
		w.Cut(server, client)
		w.Settle()
		_ = stream.Send(1)
		w.Await("an accept that waits", waits.HasSprung)
		m := server.Messenger
		m.Close()
		w.Settle()
		for _, p := range m.Dump().Pipes {
			t.Errorf("%s: pipe after Close: %+v", pair.Name, p)
		}
		if n := count[trace.Replaced](w); n != 0 {
			t.Errorf("%s: %d replaced", pair.Name, n)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if m.Wait(ctx) == nil {
			t.Errorf("%s: the shutdown did not wait for the callback", pair.Name)
		}
		close(gate)
		server.Crash()
	})
}

// Marked down while it waits, the accept ends, and neither the dispatch nor anybody else is kept
// waiting.
func TestHardCase18MarkDownWhileAcceptWaitsForDispatch(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		server.FastDispatch = true
		entered, open := gated(server)
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		<-entered
		waits := w.Do(simulator.At(server, protocol.StageAcceptWaitDispatch), func() {})
		w.Cut(server, client)
		w.Settle()
		_ = stream.Send(1)
		w.Await("an accept that waits", waits.HasSprung)
		heal := w.Partition(server, client)
		server.Messenger.MarkDownAll()
		w.Settle()
		for _, p := range server.Messenger.Dump().Pipes {
			t.Errorf("%s: pipe after the mark down: %+v", pair.Name, p)
		}
		heal()
		open()
		w.Sleep(time.Minute)
		recovers(w, client, server)
	})
}

// Shutdown at each step of a handshake, on either side.
func TestHardCase19ShutdownAtEachStep(t *testing.T) {
	steps := append(append([]protocol.Stage{}, acceptStages...), connectStages...)
	for _, stage := range append(steps, protocol.StageReadTag, protocol.StageWriterWait,
		protocol.StageDispatch, protocol.StageWriteFrames) {
		for _, which := range []string{"server", "client"} {
			eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World,
				pair simulator.Pair) {
				server, client := pair.Start(w)
				trap := w.Hold(func(_ *simulator.Endpoint, b pipe.Breakpoint) bool {
					return b.Stage == stage
				})
				_ = client.Stream(client.Connect(server)).Send(1)
				<-trap.Sprung()
				w.Settle()
				start := time.Now()
				if which == "server" {
					server.Crash()
				} else {
					client.Crash()
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("%s, %v: shutdown of the %s took %v", pair.Name, stage, which, took)
				}
			})
		}
	}
}

// The same during the handshake of a reconnect, and in STANDBY, WAIT and the pauses between
// attempts.
func TestHardCase19ShutdownInEachState(t *testing.T) {
	for _, test := range []struct {
		state string
		pair  simulator.Pair
		reach func(w *simulator.World, server, client *simulator.Endpoint)
	}{
		{"STANDBY", simulator.Peers, func(w *simulator.World, server, client *simulator.Endpoint) {
			client.Connect(server)
			w.Settle()
			w.Cut(server, client)
		}},
		{"CONNECTING", simulator.Stateful, func(w *simulator.World, server,
			client *simulator.Endpoint) {
			c := client.Connect(server)
			w.Settle()
			server.Crash()
			_ = client.Stream(c).Send(10)
			w.Sleep(time.Minute)
		}},
		{"CONNECTING", simulator.Stateful, func(w *simulator.World, server,
			client *simulator.Endpoint) {
			w.Partition(server, client) // the dial hangs
			client.Connect(server)
		}},
		{"CLOSING", simulator.Stateful, func(w *simulator.World, server,
			client *simulator.Endpoint) {
			c := client.Connect(server)
			w.Settle()
			w.Net.Conns()[0].Stall()
			c.Close()
		}},
		{"OPEN", simulator.Stateful, func(w *simulator.World, server, client *simulator.Endpoint) {
			c := client.Connect(server)
			w.Settle()
			w.Net.Conns()[0].Stall() // the writer hangs
			for range 10 {
				_ = c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 200<<10)})
			}
		}},
	} {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			server, client := test.pair.Start(w)
			test.reach(w, server, client)
			w.Settle()
			if pipes := client.Messenger.Dump().Pipes; len(pipes) != 1 ||
				pipes[0].State != test.state {
				t.Fatalf("want state %s, got %+v", test.state, pipes)
			}
			start := time.Now()
			client.Crash()
			if took := time.Since(start); took > time.Second {
				t.Errorf("shutdown in %s took %v", test.state, took)
			}
		})
	}
}

func TestHardCase19ShutdownInWait(t *testing.T) {
	withRawPeer(t, wire.OSD(9), simplemsgr.LosslessPeer(), func(t *testing.T, b *rawBench) {
		b.connect("hello")
		peer := b.accept()
		peer.GreetClient()
		connect, _ := peer.ExpectConnect()
		peer.SendReply(peer.Reply(wire.TagWait, connect))
		b.Settle()
		if state := b.self.Messenger.Dump().Pipes[0].State; state != "WAIT" {
			t.Fatalf("state %s", state)
		}
		start := time.Now()
		b.self.Crash()
		if took := time.Since(start); took > time.Second {
			t.Errorf("shutdown took %v", took)
		}
	})
}

// Rebind: new port, new nonce, connections of the old address dropped with one reset each, peers
// find the new one.
func TestHardCase20Rebind(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(3))
		stream.AwaitDelivered(3)
		w.Settle()
		old := server.Addr()
		accepted := server.Accepted()
		avoid := []uint16{old.Port + 1, old.Port + 2}
		must(t, server.Messenger.Rebind(context.Background(), avoid...))
		now := server.Addr()
		if now.Port == old.Port || now.Port == avoid[0] || now.Port == avoid[1] ||
			now.Nonce == old.Nonce || now.IP != old.IP {
			t.Errorf("%s: %v became %v", pair.Name, old, now)
		}
		w.Settle()
		if diff := cmp.Diff([]string{"accept", "reset"}, server.Kinds(accepted)); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", pair.Name, diff)
		}
		if accepted.IsAlive() || len(maps.Collect(server.Messenger.Connections())) != 0 {
			t.Errorf("%s: %d connections left", pair.Name,
				len(maps.Collect(server.Messenger.Connections())))
		}
		if c.IsConnected() {
			t.Errorf("%s: still connected with the old port", pair.Name)
		}
		client.MarkDown(c)
		again := client.Stream(client.Connect(server))
		must(t, again.Send(3))
		again.AwaitDelivered(3)
	})
}

// Nobody listens, for long: the pauses double up to their maximum, each refusal is told, nothing is
// lost.
func TestHardCase25RefusedForLong(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		peer := server.Messenger.Inst()
		server.Crash()
		c, err := client.Messenger.Connect(peer)
		must(t, err)
		stream := client.Stream(c)
		must(t, stream.Send(3))
		w.Sleep(10 * time.Minute)
		var want []time.Duration
		for d, sum := 200*time.Millisecond,
			time.Duration(0); sum < 10*time.Minute; d = min(2*d, 15*time.Second) {
			want = append(want, d)
			sum += d
		}
		var got []time.Duration
		for _, pause := range trace.Of[trace.BackedOff](w.Records.Records()) {
			got = append(got, pause.Delay)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: pauses (-want +got):\n%s", pair.Name, diff)
		}
		// The first attempt may have ended in standby, without a pause, before there was something
		// to send.
		if n := client.Count(
			dispatchqueue.KindRefused); n != count[trace.Faulted](w) || n > len(want)+1 {
			t.Errorf("%s: refused %d times and told %d times", pair.Name, count[trace.Faulted](w),
				n)
		}
		server.Start()
		stream.AwaitDelivered(3)
		// After success the next pause is short again.
		w.Drain()
		server.Crash()
		_ = stream.Send(1)
		w.Sleep(250 * time.Millisecond)
		pauses := trace.Of[trace.BackedOff](w.Records.Records())
		if first := pauses[len(want)].Delay; first != 200*time.Millisecond {
			t.Errorf("%s: first pause after success: %v", pair.Name, first)
		}
		server.Start()
	})
}

// FIN with nothing to read: a fault, once, and no spinning.
func TestHardCase26HalfClose(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		w.Net.Conns()[0].ServerToClient().CloseWrite()
		w.Sleep(time.Minute)
		faults := 0
		for _, r := range w.Records.Records() {
			if _, ok := r.Event.(trace.Faulted); ok && r.Messenger == client.Name {
				faults++
			}
		}
		if faults != 1 {
			t.Errorf("%s: %d faults at the client", pair.Name, faults)
		}
		want := map[string]string{simulator.Stateless.Name: "", simulator.Stateful.Name: "OPEN",
			simulator.Peers.Name: "STANDBY", simulator.PeerReuse.Name: "STANDBY"}
		if state := client.State(server); state != want[pair.Name] {
			t.Errorf("%s: state %q", pair.Name, state)
		}
	})
}

// Many first connections at once from an unbound client: it learns its address once and keeps nonce
// and port.
func TestHardCase27LearnOneAddress(t *testing.T) {
	simulator.Run(t, memnet.Config{MaxLatency: 3 * time.Millisecond},
		func(t *testing.T, w *simulator.World) {
			const n = 20
			client := w.Endpoint(wire.Client(1), "10.0.0.100", false)
			client.SetPolicy(wire.EntityOSD, simplemsgr.LosslessClient())
			client.Start()
			var servers []*simulator.Endpoint
			for i := range n {
				server := w.Endpoint(wire.OSD(int64(i)), fmt.Sprintf("10.0.0.%d", i+1), true)
				server.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
				servers = append(servers, server.Start())
			}
			nonce := client.Addr().Nonce
			var streams []*simulator.Stream
			for _, server := range servers {
				stream := client.Stream(client.Connect(server))
				must(t, stream.Send(1))
				streams = append(streams, stream)
			}
			for _, stream := range streams {
				stream.AwaitDelivered(1)
			}
			w.Settle()
			if learned := count[trace.AddressLearned](w); learned != 1 {
				t.Errorf("learned %d times", learned)
			}
			addr := client.Addr()
			if addr.IP != ipOf(client) || addr.Port != 0 || addr.Nonce != nonce {
				t.Errorf("address %v", addr)
			}
			for _, server := range servers {
				if got := server.Accepted().PeerAddr(); got != addr {
					t.Errorf("%v knows the client as %v", server, got)
				}
			}
		})
}
