package sessiontest

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/internal/test/badge"
	"simplemessenger/internal/test/engines"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// One worker carries all connections of a server. Whatever may wait for ever is made to wait for
// ever on one of them, and the others must not notice: in virtual time what holds them up shows at
// once, however short it is. Of the blocking engine the same is asked.

// nuisance is a server, a good client of it, and another one, mds.7, by which something waits.
type nuisance struct {
	*simulator.World
	server, client, other *simulator.Endpoint
	ever                  chan struct{} // until the end
	slow                  atomic.Bool   // the server's dispatcher waits for ever
}

func (n *nuisance) must(err error) {
	n.T.Helper()
	if err != nil {
		n.T.Fatal(err)
	}
}

func (n *nuisance) wait(ctx context.Context) error {
	select {
	case <-n.ever:
	case <-ctx.Done():
	}
	return context.Canceled
}

// connected is a session of the other one with the server, which has delivered a message.
func (n *nuisance) connected() (*simulator.Stream, *simplemsgr.Connection) {
	stream := n.other.Stream(n.other.Connect(n.server))
	n.must(stream.Send(1))
	stream.AwaitDelivered(1)
	return stream, n.server.Accepted()
}

// slow credentials: who asks for those towards an MDS, or judges those of one, waits for ever.
type slow struct {
	badge.Badge
	*nuisance
}

func (s slow) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	if peer == wire.EntityMDS {
		return nil, s.wait(context.Background())
	}
	a, err := s.Badge.Authorizer(peer, fresh)
	if peer == wire.EntityMon {
		a = slowProof{a, s.nuisance}
	}
	return a, err
}

// slowProof waits for ever for what a monitor has answered.
type slowProof struct {
	auth.Authorizer
	*nuisance
}

func (p slowProof) VerifyReply([]byte, wire.Features) (auth.Security, error) {
	return nil, p.wait(context.Background())
}

type slowClose struct {
	net.Conn
	*nuisance
}

func (c slowClose) Close() error {
	_ = c.wait(context.Background())
	return c.Conn.Close()
}

type slowDoor struct {
	badge.Door
	*nuisance
}

type slowExchange struct {
	auth.Exchange
	*nuisance
}

func (d slowDoor) NewExchange(a wire.EntityAddr) auth.Exchange {
	return slowExchange{d.Door.NewExchange(a), d.nuisance}
}

func (e slowExchange) Verify(r auth.Request) auth.Result {
	if r.Connect.HostType == wire.EntityMDS {
		_ = e.wait(context.Background())
	}
	return e.Exchange.Verify(r)
}

var nuisances = []struct {
	name      string
	configure func(n *nuisance, c *simplemsgr.Config) // of the server
	begin     func(n *nuisance)
}{
	{"a dial", func(n *nuisance, c *simplemsgr.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == n.other.Addr().AddrPort().String() {
				return nil, n.wait(ctx)
			}
			return dial(ctx, network, address)
		}
	}, func(n *nuisance) {
		n.must(n.server.Stream(n.server.Connect(n.other)).Send(1))
	}},
	{"an authorizer", func(n *nuisance, c *simplemsgr.Config) {
		c.AuthClient = slow{badge.Badge{Name: "osd.0"}, n}
	}, func(n *nuisance) {
		n.must(n.server.Stream(n.server.Connect(n.other)).Send(1))
	}},
	{"the judging of credentials", func(n *nuisance, c *simplemsgr.Config) {
		c.AuthServer = slowDoor{badge.Door{Open: func(wire.EntityType) bool { return true }}, n}
	}, func(n *nuisance) {
		n.must(n.other.Stream(n.other.Connect(n.server)).Send(1))
	}},
	{"the checking of an answer", func(n *nuisance, c *simplemsgr.Config) {
		c.AuthClient = slow{badge.Badge{Name: "osd.0"}, n}
	}, func(n *nuisance) {
		peer := n.World.Endpoint(wire.Mon(3), "10.0.0.9", true)
		peer.SetPolicy(wire.EntityOSD, simplemsgr.StatefulServer())
		peer.Start()
		n.server.SetPolicy(wire.EntityMon, simplemsgr.LosslessClient())
		n.must(n.server.Stream(n.server.Connect(peer)).Send(1))
	}},
	{"the closing of a connection", func(n *nuisance, c *simplemsgr.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil || address != n.other.Addr().AddrPort().String() {
				return conn, err
			}
			return slowClose{conn, n}, nil
		}
	}, func(n *nuisance) {
		n.must(n.server.Stream(n.server.Connect(n.other)).Send(1))
		n.World.Settle()
		go n.server.MarkDown(n.server.Connect(n.other)) // which may close it
	}},
	{"handshakes without an end", nil, func(n *nuisance) {
		for range 100 {
			conn, err := n.other.Host.Dial(context.Background(), "tcp",
				n.server.Addr().AddrPort().String())
			n.must(err)
			_, err = conn.Write([]byte(wire.Banner[:4]))
			n.must(err)
			n.T.Cleanup(func() { _ = conn.Close() })
		}
	}},
	{"a peer that reads nothing", nil, func(n *nuisance) {
		_, c := n.connected()
		for _, conn := range n.Net.Conns() {
			if conn.ClientHost() == n.other.Host {
				conn.ServerToClient().Stall()
			}
		}
		for range 64 {
			n.must(c.Send(&simplemsgr.Message{Type: 1, Data: make([]byte, 1<<20)}))
		}
	}},
	{"a slow dispatcher, and a full queue", func(n *nuisance, c *simplemsgr.Config) {
		c.Queue.LimitOfConnection = 16
	}, func(n *nuisance) {
		n.slow.Store(true)
		n.must(n.other.Stream(n.other.Connect(n.server)).Send(500))
	}},
	{"an interceptor", nil, func(n *nuisance) {
		fromOther := func(e *simulator.Endpoint, b pipe.Breakpoint) bool {
			return e == n.server && b.Stage == protocol.StageAcceptReadConnect
		}
		n.World.Hold(fromOther)
		n.must(n.other.Stream(n.other.Connect(n.server)).Send(1))
	}},
	{"a full throttle", nil, func(n *nuisance) {
		policy := simplemsgr.LosslessPeer()
		policy.ThrottleMessages = throttle.New("one", 1)
		n.server.SetPolicy(wire.EntityMDS, policy)
		policy.ThrottleMessages.TryGet(1)
		n.must(n.other.Stream(n.other.Connect(n.server)).Send(100))
		go func() {
			<-n.ever
			policy.ThrottleMessages.Put(1)
		}()
	}},
}

// TestNobodyHoldsUpTheOthers is hard case A12, and more: nothing in a worker waits.
func TestNobodyHoldsUpTheOthers(t *testing.T) {
	for _, tt := range nuisances {
		t.Run(tt.name, func(t *testing.T) {
			simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
				n := &nuisance{World: w, ever: make(chan struct{})}
				n.server, n.client = simulator.Stateful.Endpoints(w)
				n.server.FastDispatch = true
				n.server.FastFor = func(m *simplemsgr.Message) bool {
					return m.Source.Type != wire.EntityMDS || !n.slow.Load()
				}
				n.server.OnMessage = func(m *simplemsgr.Message) {
					if m.Source.Type == wire.EntityMDS && n.slow.Load() {
						<-n.ever
					}
				}
				n.server.SetPolicy(wire.EntityMDS, simplemsgr.LosslessPeer())
				n.other = w.Endpoint(wire.MDS(7), "10.0.0.7", true)
				n.other.SetPolicy(wire.EntityOSD, simplemsgr.LosslessPeer())
				n.server.Configure = func(c *simplemsgr.Config) {
					c.Engine = engines.OneWorker
					if tt.configure != nil {
						tt.configure(n, c)
					}
				}
				n.server.Start()
				n.client.Start()
				n.other.Start()
				stream := n.client.Stream(n.client.Connect(n.server))
				must(t, stream.Send(1))
				stream.AwaitDelivered(1)
				tt.begin(n)
				w.Settle()
				start := time.Now()
				for range 10 {
					must(t, stream.Send(1))
					w.Settle()
				}
				if stream.Delivered() != 11 || time.Since(start) != 0 {
					t.Errorf("%d of 11 delivered after %v", stream.Delivered(), time.Since(start))
				}
				// also who comes new is served at once
				late := w.Endpoint(wire.Client(8), "10.0.0.8", false)
				late.SetPolicy(wire.EntityOSD, simplemsgr.LosslessClient())
				late.Start()
				again := late.Stream(late.Connect(n.server))
				must(t, again.Send(1))
				w.Settle()
				if again.Delivered() != 1 || time.Since(start) != 0 {
					t.Errorf("a new client: %d of 1 delivered after %v", again.Delivered(),
						time.Since(start))
				}
				close(n.ever)
				for _, conn := range w.Net.Conns() {
					conn.Resume()
				}
				for _, e := range []*simulator.Endpoint{n.server, n.other} {
					e.Crash()
				}
			})
		})
	}
}
