package simplemsgr_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// node returns a messenger on a host of a network in memory, with one policy for all peers. It is
// shut down with the test.
func node(t *testing.T, n *memnet.Network, name wire.EntityName, ip string,
	policy simplemsgr.Policy, configure ...func(*simplemsgr.Config)) *simplemsgr.Messenger {
	t.Helper()
	h := n.Host(ip)
	c := simplemsgr.Config{Engine: engines.New, Dial: h.Dial,
		Accepter:      accepter.Config{Listen: h.Listen},
		DefaultPolicy: &policy}
	for _, f := range configure {
		f(&c)
	}
	m := simplemsgr.New(name, c)
	t.Cleanup(func() { shutdown(t, m) })
	return m
}

func shutdown(t *testing.T, m *simplemsgr.Messenger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	dropped := new(simplemsgr.DroppedError) // which is no news for an abrupt end
	if err := m.Shutdown(ctx); err != nil && !errors.As(err, &dropped) {
		t.Errorf("%v\n%s", err, m.Dump().JSON())
	}
}

func start(t *testing.T, m *simplemsgr.Messenger, bind string) *simplemsgr.Messenger {
	t.Helper()
	if bind != "" {
		if err := m.Bind(context.Background(), bind); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	return m
}

// bubble runs a test in virtual time, on a network in memory.
func bubble(t *testing.T, f func(t *testing.T, n *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		t.Cleanup(n.Close)
		f(t, n)
	})
}

func TestShutdownOfAMessengerThatNeverStarted(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		shutdown(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer()))
		bound := node(t, n, wire.OSD(1), "10.0.0.2", simplemsgr.LosslessPeer())
		if err := bound.Bind(context.Background(), "10.0.0.2:6800"); err != nil {
			t.Fatal(err)
		}
		shutdown(t, bound)
		shutdown(t, bound) // again
		l, err := n.Host("10.0.0.2").Listen(context.Background(), "tcp", "10.0.0.2:6800")
		if err != nil {
			t.Fatalf("the port is still taken: %v", err)
		}
		l.Close()
	})
}

func TestNothingStartsAfterClose(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer()),
			"10.0.0.1:6800")
		peer := start(t, node(t, n, wire.OSD(1), "10.0.0.2", simplemsgr.LosslessPeer()),
			"10.0.0.2:6800")
		m.Close()
		if err := m.Start(); !errors.Is(err, simplemsgr.ErrShutdown) {
			t.Errorf("start: %v", err)
		}
		if _, err := m.Connect(peer.Inst()); !errors.Is(err, simplemsgr.ErrShutdown) {
			t.Errorf("connect: %v", err)
		}
		if err := m.Send(peer.Inst(),
			new(simplemsgr.Message)); !errors.Is(err, simplemsgr.ErrShutdown) {
			t.Errorf("send: %v", err)
		}
		if err := m.Loopback().Send(new(simplemsgr.Message)); !errors.Is(err, pipe.ErrClosed) ||
			!errors.Is(err, net.ErrClosed) {
			t.Errorf("send to oneself: %v", err)
		}
		if err := m.Bind(context.Background(),
			"10.0.0.1:6900"); !errors.Is(err, simplemsgr.ErrShutdown) {
			t.Errorf("bind: %v", err)
		}
		if err := m.Rebind(context.Background()); err == nil {
			t.Error("rebind succeeded")
		}
		shutdown(t, m)
		if l, err := n.Host("10.0.0.1").Listen(context.Background(), "tcp",
			"10.0.0.1:6900"); err != nil {
			t.Errorf("the port is still taken: %v", err)
		} else {
			l.Close()
		}
	})
}

// Close while Bind searches for a port: no socket listens afterwards.
func TestCloseDuringBind(t *testing.T) {
	for _, rebind := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			h := n.Host("10.0.0.1")
			entered, gate := make(chan struct{}), make(chan struct{})
			var blocked sync.Once
			m := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer(),
				func(c *simplemsgr.Config) {
					c.Accepter.Listen = func(ctx context.Context, network,
						address string) (net.Listener, error) {
						if !rebind || address != "10.0.0.1:6800" {
							blocked.Do(func() {
								close(entered)
								<-gate
							})
						}
						return h.Listen(ctx, network, address)
					}
				})
			bind := func() error { return m.Bind(context.Background(), "10.0.0.1:0") }
			if rebind {
				start(t, m, "10.0.0.1:6800")
				bind = func() error { return m.Rebind(context.Background()) }
			} else {
				start(t, m, "")
			}
			result := make(chan error, 1)
			go func() { result <- bind() }()
			<-entered
			shutdown(t, m)
			close(gate)
			if err := <-result; !errors.Is(err, simplemsgr.ErrShutdown) {
				t.Errorf("rebind %v: %v", rebind, err)
			}
			for _, address := range []string{"10.0.0.1:6800", "10.0.0.1:6801"} {
				l, err := h.Listen(context.Background(), "tcp", address)
				if err != nil {
					t.Errorf("rebind %v: %v", rebind, err)
					continue
				}
				l.Close()
			}
		})
	}
}

// Shutdown waits for callbacks; Close does not, and may be called from them.
func TestCloseFromCallbacks(t *testing.T) {
	for _, where := range []string{"dispatch", "fast dispatch", "connect", "accept", "fast connect",
		"fast accept", "reset", "refused"} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer())
			client := node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient())
			for _, m := range []*simplemsgr.Messenger{server, client} {
				m.AddDispatcher(&handler{do: func(what string, _ *simplemsgr.Connection) {
					if what == where {
						m.Close()
					}
				}, fast: where == "fast dispatch"})
			}
			start(t, server, "10.0.0.1:6800")
			start(t, client, "")
			peer := server.Inst()
			if where == "refused" {
				peer.Addr.Port++
			}
			c, err := client.Connect(peer)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Send(&simplemsgr.Message{Type: 1})
			time.Sleep(time.Second)
			if where == "reset" {
				server.MarkDownAll()
				time.Sleep(time.Second)
			}
			closed := 0
			for _, m := range []*simplemsgr.Messenger{server, client} {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				if m.Wait(ctx) == nil {
					closed++
				}
				cancel()
			}
			if closed == 0 {
				t.Errorf("%s: nobody was closed", where)
			}
		})
	}
}

// Wait has a bound.
func TestWaitEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer()), "")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := m.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("wait: %v", err)
		}
	})
}

// Rebind to a port that is taken, and then to a free one.
func TestRebindThatFails(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer(),
			func(c *simplemsgr.Config) {
				c.Accepter.PortMin, c.Accepter.PortMax = 6800, 6801
			}), "10.0.0.1:6800")
		old := m.Addr()
		if err := m.Rebind(context.Background(), 6801); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("rebind: %v", err)
		}
		if err := m.Bind(context.Background(), "10.0.0.1:0"); err != nil {
			t.Errorf("bind after a rebind that failed: %v", err)
		}
		if now := m.Addr(); now.Port != 6800 || now.Nonce != old.Nonce {
			t.Errorf("address %v", now)
		}
	})
}

// Whatever a peer hears of a messenger that moves, it never hears of the old port with the new
// nonce.
func TestRebindNeverMixesAddresses(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var records trace.Recorder
		m := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer(),
			func(c *simplemsgr.Config) {
				c.Pipe.Tracer = &records
			}), "10.0.0.1:6800")
		peer := start(t, node(t, n, wire.OSD(1), "10.0.0.2", simplemsgr.LosslessPeer()),
			"10.0.0.2:6800")
		m.AddDispatcher(&handler{do: func(what string, _ *simplemsgr.Connection) {
			_ = m.Send(peer.Inst(), &simplemsgr.Message{Type: 1})
		}})
		addrs := map[wire.EntityAddr]bool{m.Addr(): true}
		for range 20 {
			if err := m.Send(peer.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := m.Rebind(context.Background()); err != nil {
				t.Fatal(err)
			}
			addrs[m.Addr()] = true
			synctest.Wait()
		}
		for _, sent := range trace.Of[trace.BannerSent](records.Records()) {
			if !addrs[sent.Announced] {
				t.Errorf("announced %v, which is no address that it ever had", sent.Announced)
			}
		}
	})
}

// handler is a dispatcher of all kinds.
type handler struct {
	do   func(what string, c *simplemsgr.Connection)
	fast bool
}

func (h *handler) Dispatch(m *simplemsgr.Message) bool {
	h.do("dispatch",
		m.Connection())
	return true
}
func (h *handler) CanFastDispatch(*simplemsgr.Message) bool { return h.fast }
func (h *handler) FastDispatch(m *simplemsgr.Message) {
	h.do("fast dispatch", m.Connection())
}
func (h *handler) HandleConnect(c *simplemsgr.Connection)     { h.do("connect", c) }
func (h *handler) HandleAccept(c *simplemsgr.Connection)      { h.do("accept", c) }
func (h *handler) HandleReset(c *simplemsgr.Connection)       { h.do("reset", c) }
func (h *handler) HandleRemoteReset(c *simplemsgr.Connection) { h.do("remote reset", c) }
func (h *handler) HandleRefused(c *simplemsgr.Connection)     { h.do("refused", c) }
func (h *handler) HandleFastConnect(c *simplemsgr.Connection) { h.do("fast connect", c) }
func (h *handler) HandleFastAccept(c *simplemsgr.Connection)  { h.do("fast accept", c) }
