package sessiontest

import (
	"sync"
	"testing"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Hard cases of what is told, and of callbacks.

// A slow dispatcher has messages queued while the pipe is replaced: each is delivered once, and the
// queue goes on.
func TestHardCase11SlowDispatcherDuringReplace(t *testing.T) {
	for _, fast := range []bool{false, true} {
		eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			server, client := pair.Endpoints(w)
			gate := make(chan struct{})
			entered := make(chan struct{}, 100)
			server.FastDispatch = fast
			server.OnMessage = func(*simplemsgr.Message) {
				entered <- struct{}{}
				<-gate
			}
			server.Start()
			client.Start()
			stream := client.Stream(client.Connect(server))
			must(t, stream.Send(20))
			<-entered
			w.Settle()
			for range 3 {
				w.Cut(server, client)
				w.Sleep(time.Second)
				must(t, stream.Send(1))
			}
			w.Sleep(time.Second)
			if n := stream.Delivered(); n != 1 {
				t.Errorf("%s: %d delivered past a dispatcher that does not return", pair.Name, n)
			}
			close(gate)
			stream.AwaitDelivered(23)
			w.Drain()
			if n := stream.Delivered(); n != 23 {
				t.Errorf("%s: %d delivered", pair.Name, n)
			}
		})
	}
}

// Cuts, marks, new connections and shutdowns in any order: the oracle counts what is told of each
// connection.
func TestHardCase14EventsExactlyOnce(t *testing.T) {
	for _, pair := range simulator.Pairs {
		simulator.Seeds(t, 40, func(seed uint64) {
			simulator.Run(t, memnet.Config{Seed: seed, MaxLatency: 3 * time.Millisecond},
				func(t *testing.T, w *simulator.World) {
					server, client := pair.Start(w)
					sides := []*simulator.Endpoint{client}
					if pair.Peers {
						sides = append(sides, server)
					}
					for range 30 {
						e := sides[w.Random.IntN(len(sides))]
						other := server
						if e == server {
							other = client
						}
						switch w.Random.IntN(8) {
						case 0, 1, 2, 3:
							_ = e.Stream(e.Connect(other)).Send(w.Random.IntN(3))
						case 4:
							w.Cut(server, client)
						case 5:
							e.MarkDown(e.Connect(other))
						case 6:
							if c := server.Accepted(); c != nil {
								server.MarkDown(c)
							}
						case 7:
							server.Messenger.MarkDownAll()
						}
						w.Sleep(time.Duration(w.Random.Int64N(int64(8 * time.Millisecond))))
					}
				})
		})
	}
}

// A message sent between the fault of a lossy session and its reset event is dropped; it never goes
// out on a newer pipe.
func TestHardCase15SendAfterLossyFaultIsDropped(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		server, client := simulator.Stateless.Endpoints(w)
		gate := make(chan struct{})
		client.OnMessage = func(*simplemsgr.Message) { <-gate } // and so no event is told
		server.Start()
		client.Start()
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		must(t, server.Stream(server.Accepted()).Send(1))
		w.Settle()
		w.Cut(server, client)
		w.Settle()
		if err := stream.Send(1); err != pipe.ErrClosed {
			t.Errorf("send: %v", err)
		}
		if got := client.Kinds(c); len(got) != 1 {
			t.Errorf("events %v", got)
		}
		newer := client.Connect(server)
		if newer == c {
			t.Error("the dead handle was given out again")
		}
		again := client.Stream(newer)
		must(t, again.Send(1))
		again.AwaitDelivered(1)
		if err := stream.Send(1); err != pipe.ErrClosed {
			t.Errorf("send: %v", err)
		}
		close(gate)
		w.Drain()
		if got := client.Kinds(c); len(got) != 2 || got[1] != "reset" {
			t.Errorf("events %v", got)
		}
	})
}

// recovers expects that messages get from one endpoint to another, after at most one reset.
func recovers(w *simulator.World, from, to *simulator.Endpoint) {
	w.T.Helper()
	for range 2 {
		stream := from.Stream(from.Connect(to))
		_ = stream.Send(1) // may be what finds out that the session is lost
		w.Sleep(time.Second)
		if stream.Delivered() == 1 {
			return
		}
	}
	w.T.Errorf("%v gets nothing to %v any more", from, to)
}

// acceptStages are the stages of an accepting handshake without authorizer, in order.
var acceptStages = []protocol.Stage{protocol.StageAcceptSendBanner, protocol.StageAcceptReadBanner,
	protocol.StageAcceptReadConnect, protocol.StageAcceptDecide,
	protocol.StageAcceptSendReply}

// connectStages are those of a connecting one.
var connectStages = []protocol.Stage{protocol.StageConnectDial, protocol.StageConnectReadBanner,
	protocol.StageConnectSendBanner, protocol.StageConnectSendConnect,
	protocol.StageConnectReadReply, protocol.StageConnectOpen}

// Marked down in the middle of an accept: the next connect succeeds, nothing is queued on the dead
// pipe, the registry has no stale entry.
func TestHardCase16MarkDownDuringAccept(t *testing.T) {
	for _, stage := range acceptStages {
		eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			server, client := pair.Start(w)
			trap := w.Hold(simulator.At(server, stage))
			stream := client.Stream(client.Connect(server))
			must(t, stream.Send(1))
			<-trap.Sprung()
			w.Settle()
			server.Messenger.MarkDownAll()
			trap.Release()
			w.Settle()
			recovers(w, client, server)
			if pipes := server.Messenger.Dump().Pipes; len(pipes) != 1 ||
				pipes[0].State != "OPEN" || pipes[0].ID == 1 {
				t.Errorf("%s, %v: pipes %+v", pair.Name, stage, pipes)
			}
		})
	}
}

// By address, as soon as the address is in the registry.
func TestHardCase16MarkDownByAddressDuringAccept(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		trap := w.Hold(simulator.At(server, protocol.StageAcceptSendReply))
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		<-trap.Sprung()
		w.Settle()
		c := server.Messenger.Lookup(client.Addr())
		if c == nil {
			t.Fatalf("%s: not in the registry before the reply is written", pair.Name)
		}
		must(t, server.Stream(c).Send(1))
		server.Messenger.MarkDown(client.Addr())
		if server.Messenger.Lookup(client.Addr()) == c || c.IsAlive() { // it may be back by now
			t.Errorf("%s: still there", pair.Name)
		}
		recovers(w, client, server)
	})
}

// A callback marks its own connection down.
func TestHardCase17MarkDownFromCallback(t *testing.T) {
	for _, fast := range []bool{false, true} {
		eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			server, client := pair.Endpoints(w)
			server.FastDispatch = fast
			down := false
			server.OnMessage = func(m *simplemsgr.Message) {
				if !down {
					down = true
					server.MarkDown(m.Connection())
				}
			}
			server.Start()
			client.Start()
			c := client.Connect(server)
			stream := client.Stream(c)
			_ = stream.Send(5) // it may be marked down before the last
			stream.AwaitDelivered(1)
			w.Sleep(time.Second)
			recovers(w, client, server)
		})
	}
}

// The handlers of every kind of event mark the connection down that they are told of.
func TestHardCase17MarkDownFromEvents(t *testing.T) {
	for _, kind := range []dispatchqueue.Kind{dispatchqueue.KindConnect, dispatchqueue.KindAccept,
		dispatchqueue.KindRemoteReset,
		dispatchqueue.KindReset, dispatchqueue.KindRefused} {
		eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
			server, client := pair.Endpoints(w)
			for _, e := range []*simulator.Endpoint{server, client} {
				e.OnEvent = func(event simulator.Event) {
					if event.Kind == kind {
						e.MarkDown(event.Connection)
					}
				}
			}
			if kind == dispatchqueue.KindRefused {
				client.Start()
				_, err := client.Messenger.Connect(wire.EntityInst{Name: server.Name,
					Addr: wire.EntityAddr{Type: wire.AddrLegacy, IP: ipOf(server), Port: 1}})
				must(t, err)
				w.Await("refused", func() bool { return client.Count(kind) > 0 })
				return
			}
			server.Start()
			client.Start()
			_ = client.Stream(client.Connect(server)).Send(1)
			w.Sleep(time.Second)
			server.Restart()
			_ = client.Stream(client.Connect(server)).Send(1)
			w.Sleep(time.Second)
			w.Cut(server, client)
			w.Sleep(time.Second)
		})
	}
}

// Both sides' handlers mark down and connect again while messages flow.
func TestHardCase17MarkDownFromManyCallbacks(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		var mu sync.Mutex
		n := 0
		server.OnMessage = func(m *simplemsgr.Message) {
			mu.Lock()
			defer mu.Unlock()
			if n++; n%5 == 0 {
				server.MarkDown(m.Connection())
			}
		}
		server.Start()
		client.Start()
		for range 100 {
			_ = client.Stream(client.Connect(server)).Send(2)
			w.Sleep(50 * time.Millisecond)
		}
		mu.Lock()
		defer mu.Unlock()
		if n < 20 {
			t.Errorf("%s: only %d messages came through", pair.Name, n)
		}
		if count[trace.Opened](w) < 10 {
			t.Errorf("%s: %d openings", pair.Name, count[trace.Opened](w))
		}
	})
}
