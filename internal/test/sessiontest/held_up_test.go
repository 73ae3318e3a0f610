package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// holdUps are ways in which this side does not come to read what its peer says, for an hour.
var holdUps = []struct {
	name      string
	configure func(c *simplemsgr.Config)
	fast      bool
	hold      func(w *simulator.World, server *simulator.Endpoint, held func())
}{
	{name: "room in the dispatch queue",
		configure: func(c *simplemsgr.Config) { c.Queue.LimitMessages = 5 },
		hold: func(w *simulator.World, server *simulator.Endpoint, held func()) {
			server.OnMessage = func(*simplemsgr.Message) { held() }
		}},
	{name: "a fast dispatch of another session", fast: true,
		hold: func(w *simulator.World, server *simulator.Endpoint, held func()) {
			server.OnMessage = func(m *simplemsgr.Message) {
				if m.Source.Type == wire.EntityMDS {
					held()
				}
			}
			other := w.Endpoint(wire.MDS(7), "10.0.0.7", true)
			server.SetPolicy(wire.EntityMDS, simplemsgr.LosslessPeer())
			other.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
			other.Start()
			if err := other.Stream(other.Connect(server)).Send(1); err != nil {
				w.T.Fatal(err)
			}
			w.Settle()
		}},
}

// A peer whose answer to a keepalive lies unread because this side is held up is not blamed for
// it, whatever holds it up.
func TestHeldUpIsNoSilence(t *testing.T) {
	for _, tt := range holdUps {
		t.Run(tt.name, func(t *testing.T) {
			simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
				server, client := simulator.Stateful.Endpoints(w)
				release := make(chan struct{})
				server.FastDispatch = tt.fast
				server.Configure = func(c *simplemsgr.Config) {
					c.Engine = engines.OneWorker
					c.Keepalive = simplemsgr.Keepalive{Interval: 4 * time.Second,
						Timeout: 8 * time.Second}
					if tt.configure != nil {
						tt.configure(c)
					}
				}
				server.Start()
				client.Start()
				stream := client.Stream(client.Connect(server))
				must(t, stream.Send(1))
				stream.AwaitDelivered(1)
				tt.hold(w, server, func() { <-release })
				must(t, stream.Send(20))
				w.Sleep(10 * time.Minute)
				for _, fault := range server.Faults() {
					t.Errorf("fault: %v", fault.Err)
				}
				close(release)
				w.Sleep(time.Minute)
				if stream.Delivered() != 21 {
					t.Errorf("%d of 21 delivered", stream.Delivered())
				}
				for _, fault := range server.Faults() {
					t.Errorf("fault behind it: %v", fault.Err)
				}
			})
		})
	}
}
