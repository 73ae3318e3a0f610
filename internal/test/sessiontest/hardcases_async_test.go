package sessiontest

import (
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
)

// Hard cases of event-driven messengers, in virtual time: what broke in Ceph's AsyncMessenger and
// in event loops elsewhere. docs/async.md has the list, with the tests of those that are not here.

// A3: the loopback ends with all other connections. What is delivered by it is, or is not, but
// never after the end.
func TestHardCaseA3LoopbackEndsWithTheOthers(t *testing.T) {
	for _, fast := range []bool{false, true} {
		simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
			server, client := simulator.Stateful.Endpoints(w)
			server.FastDispatch = fast
			var ended atomic.Bool
			server.OnMessage = func(*simplemsgr.Message) {
				if ended.Load() {
					t.Error("delivered after the end")
				}
			}
			server.Start()
			client.Start()
			must(t, client.Stream(client.Connect(server)).Send(1))
			w.Settle()
			local := server.Messenger.Loopback()
			stop := make(chan struct{})
			sent := make(chan int)
			go func() {
				n := 0
				for {
					select {
					case <-stop:
						sent <- n
						return
					default:
						if local.Send(&simplemsgr.Message{Type: 1}) == nil {
							n++
						}
						time.Sleep(time.Millisecond)
					}
				}
			}()
			w.Sleep(10 * time.Millisecond)
			m := server.Messenger
			server.Crash()
			ended.Store(true)
			w.Sleep(10 * time.Millisecond)
			close(stop)
			if n := <-sent; n == 0 {
				t.Error("nothing was sent")
			}
			if err := m.Loopback().Send(&simplemsgr.Message{Type: 1}); err == nil {
				t.Error("the loopback of a messenger that has ended takes messages")
			}
		})
	}
}

// A6: what shows that a peer lives is bytes that come, not messages that are queued for it.
func TestHardCaseA6ActivityIsBytes(t *testing.T) {
	eachPair(t, lossless, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Endpoints(w)
		client.Configure = func(c *simplemsgr.Config) { c.Pipe.ReadTimeout = time.Minute }
		server.Start()
		client.Start()
		stream := client.Stream(client.Connect(server))
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		before := len(client.Faults())
		for _, c := range w.Net.Conns() {
			c.Stall()
		}
		for range 90 {
			must(t, stream.Send(1))
			w.Sleep(time.Second)
		}
		if len(client.Faults()) == before {
			t.Errorf("%s: a dead peer is not noticed while something is sent", pair.Name)
		}
		stream.AwaitDelivered(stream.Sent())
	})
}

// A7: whoever queues while somebody else writes relies on him, who looks again. A message is sent
// at each stage of either side, alone; no later one takes it along.
func TestHardCaseA7NothingLiesUntilTheNextSend(t *testing.T) {
	eachPair(t, simulator.Pairs, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
		server, client := pair.Start(w)
		c := client.Connect(server)
		stream := client.Stream(c)
		must(t, stream.Send(1))
		stream.AwaitDelivered(1)
		w.Settle()
		var left atomic.Int32
		left.Store(50)
		w.Watch(func(e *simulator.Endpoint, b pipe.Breakpoint) {
			if e == client && left.Add(-1) >= 0 {
				_ = stream.Send(1)
			}
		})
		must(t, stream.Send(1))
		w.Settle()
		if got, want := stream.Delivered(), stream.Sent(); got != want || want < 10 {
			t.Errorf("%s: %d of %d delivered", pair.Name, got, want)
		}
		w.Disarm()
	})
}
