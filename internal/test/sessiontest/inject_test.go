package sessiontest

import (
	"errors"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
)

// Socket failures on purpose, one in a few reads and writes: every message arrives in the end,
// whatever the seed.
func TestInjectedSocketFailures(t *testing.T) {
	for _, pair := range lossless {
		for seed := range uint64(30) {
			simulator.Run(t, memnet.Config{MinLatency: time.Millisecond},
				func(t *testing.T, w *simulator.World) {
					server, client := pair.Endpoints(w)
					configure := func(c *simplemsgr.Config) {
						// 0 would be another one each time
						c.Pipe.Inject.SocketFailures, c.Pipe.Inject.Seed = 8, seed+1
					}
					server.Configure, client.Configure = configure, configure
					server.Start()
					client.Start()
					stream := client.Stream(client.Connect(server))
					for range 20 {
						must(t, stream.Send(1))
						w.Sleep(100 * time.Millisecond)
					}
					w.Drain()
					injected := 0
					for _, f := range trace.Of[trace.Faulted](w.Records.Records()) {
						if errors.Is(f.Err, pipe.ErrInjected) {
							injected++
						}
					}
					if injected == 0 {
						t.Error("no failure was injected")
					}
				})
		}
	}
}

// Delays on purpose: order is kept, nothing is lost or told twice when the session ends meanwhile.
func TestInjectedDelays(t *testing.T) {
	for _, pair := range simulator.Pairs {
		for _, types := range []string{"", "client osd", "mon"} {
			simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
				server, client := pair.Endpoints(w)
				server.Configure = func(c *simplemsgr.Config) {
					c.Pipe.Inject = pipe.Inject{DelayMax: 5 * time.Second, DelayProbability: 0.5,
						DelayTypes: types, InternalDelays: time.Millisecond, Seed: 3}
				}
				server.Start()
				client.Start()
				stream := client.Stream(client.Connect(server))
				must(t, stream.Send(20))
				w.Sleep(100 * time.Millisecond)
				if n := stream.Delivered(); (n == 20) != (types == "mon") {
					t.Errorf("%s, types %q: %d delivered at once", pair.Name, types, n)
				}
				w.Cut(server, client)
				w.Sleep(2 * time.Second)
				again := client.Stream(client.Connect(server))
				_ = again.Send(20)
				w.Sleep(time.Minute)
				if n := again.Delivered(); n != 20 {
					t.Errorf("%s: %d of 20 delivered", pair.Name, n)
				}
				_ = again.Send(20) // some of it waits when the world ends
				w.Sleep(100 * time.Millisecond)
			})
		}
	}
}
