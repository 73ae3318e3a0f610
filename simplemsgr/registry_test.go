package simplemsgr_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// told is a dispatcher that keeps the messages and events that it is told, other than in the
// goroutines of pipes.
type told struct {
	handler
	mu     sync.Mutex
	events []string
	last   *simplemsgr.Connection
}

func newTold() *told {
	d := new(told)
	d.do = func(what string, c *simplemsgr.Connection) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if strings.HasPrefix(what, "fast") {
			return
		}
		d.events = append(d.events, what)
		d.last = c
	}
	return d
}

func (d *told) take() string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	all := strings.Join(d.events, ", ")
	d.events = nil
	return all
}

// couple returns a server at 10.0.0.1:6800 and a client that is not bound, started, with what each
// is told.
func couple(t *testing.T, n *memnet.Network, server,
	client simplemsgr.Policy) (s, c *simplemsgr.Messenger, sTold, cTold *told) {
	t.Helper()
	s = node(t, n, wire.OSD(0), "10.0.0.1", server)
	c = node(t, n, wire.Client(1), "10.0.0.2", client)
	sTold, cTold = newTold(), newTold()
	s.AddDispatcher(sTold)
	c.AddDispatcher(cTold)
	return start(t, s, "10.0.0.1:6800"), start(t, c, ""), sTold, cTold
}

func connect(t *testing.T, m *simplemsgr.Messenger, peer wire.EntityInst) *simplemsgr.Connection {
	t.Helper()
	c, err := m.Connect(peer)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOneHandleForOnePeer(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, _ := couple(t, n, simplemsgr.StatefulServer(),
			simplemsgr.LosslessClient())
		peer := server.Inst()
		c := connect(t, client, peer)
		if again := connect(t, client, peer); again != c {
			t.Error("another handle while connecting")
		}
		synctest.Wait()
		if again := connect(t, client, peer); again != c || client.Lookup(peer.Addr) != c {
			t.Error("another handle when open")
		}
		n.ResetConns(n.Host("10.0.0.1"), n.Host("10.0.0.2"))
		synctest.Wait()
		if again := connect(t, client, peer); again != c {
			t.Error("another handle after a fault")
		}
		accepted := server.Lookup(client.Addr())
		if accepted == nil || connect(t, server, client.Inst()) != accepted {
			t.Errorf("the server's handle: %v", accepted)
		}
		if diff := cmp.Diff([]*simplemsgr.Connection{c},
			slices.Collect(maps.Keys(maps.Collect(client.Connections()))),
			cmp.Comparer(func(a, b *simplemsgr.Connection) bool {
				return a == b
			})); diff != "" {
			t.Errorf("connections: %s", diff)
		}
		c.MarkDown()
		if newer := connect(t, client, peer); newer == c || newer.ID() == c.ID() {
			t.Error("the old handle after a mark down")
		}
	})
}

// The nonce is part of who a peer is.
func TestAnotherNonceIsAnotherPeer(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, _ := couple(t, n, simplemsgr.StatefulServer(),
			simplemsgr.LosslessClient())
		right, wrong := server.Inst(), server.Inst()
		wrong.Addr.Nonce++
		a, b := connect(t, client, right), connect(t, client, wrong)
		if a == b {
			t.Fatal("one handle for two nonces")
		}
		time.Sleep(time.Minute)
		if !a.IsConnected() || b.IsConnected() || !b.IsAlive() {
			t.Errorf("connected: %v, %v", a.IsConnected(), b.IsConnected())
		}
	})
}

func TestServersDoNotConnect(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, _ := couple(t, n, simplemsgr.StatelessServer(), simplemsgr.LossyClient())
		if _, err := server.Connect(wire.EntityInst{Name: wire.Client(5), Addr: wire.EntityAddr{
			Type: wire.AddrLegacy, Nonce: 5}}); !errors.Is(err, simplemsgr.ErrServerPolicy) {
			t.Errorf("connect: %v", err)
		}
		if err := server.Send(wire.EntityInst{Name: wire.Client(5)},
			new(simplemsgr.Message)); !errors.Is(err, simplemsgr.ErrServerPolicy) {
			t.Errorf("send: %v", err)
		}
		// But what a client has opened is there.
		connect(t, client, server.Inst())
		synctest.Wait()
		if err := server.Send(client.Inst(), new(simplemsgr.Message)); err != nil {
			t.Errorf("send to a client that is connected: %v", err)
		}
	})
}

// By handle nothing is told; by address, and of all, it is. The peer hears of it only when it has
// something to send.
func TestMarkDown(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, sTold, cTold := couple(t, n, simplemsgr.StatelessServer(),
			simplemsgr.LossyClient())
		for _, test := range []struct {
			name string
			down func(c *simplemsgr.Connection)
			want string
		}{
			{"handle", (*simplemsgr.Connection).MarkDown, "connect"},
			{"address", func(*simplemsgr.Connection) {
				client.MarkDown(server.Addr())
			}, "connect, reset"},
			{"all", func(*simplemsgr.Connection) { client.MarkDownAll() }, "connect, reset"},
			{"twice", func(c *simplemsgr.Connection) {
				c.MarkDown()
				client.MarkDownAll()
				c.MarkDown()
			}, "connect"},
		} {
			c := connect(t, client, server.Inst())
			synctest.Wait()
			test.down(c)
			if got := cTold.take(); got != test.want {
				t.Errorf("by %s: told %q, want %q", test.name, got, test.want)
			}
			if c.IsAlive() || c.IsConnected() || client.Lookup(server.Addr()) != nil ||
				len(maps.Collect(client.Connections())) != 0 {
				t.Errorf("by %s: still there", test.name)
			}
			for _, err := range []error{c.Send(new(simplemsgr.Message)), c.SendKeepalive()} {
				if !errors.Is(err, pipe.ErrClosed) {
					t.Errorf("by %s: send: %v", test.name, err)
				}
			}
			c.Close()
			c.MarkDisposable()
			if got := sTold.take(); got != "accept, reset" {
				t.Errorf("by %s: the peer was told %q", test.name, got)
			}
		}
		client.MarkDown(wire.EntityAddr{Nonce: 99}) // nobody
	})
}

// The next fault of a disposable connection ends it, whatever the policy says.
func TestMarkDisposable(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, cTold := couple(t, n, simplemsgr.StatefulServer(),
			simplemsgr.LosslessClient())
		c := connect(t, client, server.Inst())
		synctest.Wait()
		c.MarkDisposable()
		if !c.IsConnected() {
			t.Error("it ended at once")
		}
		n.ResetConns(n.Host("10.0.0.1"), n.Host("10.0.0.2"))
		if got := cTold.take(); got != "connect, reset" || c.IsAlive() {
			t.Errorf("told %q, alive %v", got, c.IsAlive())
		}
	})
}

// A policy counts for connections that are opened after it was set.
func TestPolicies(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{Engine: engines.New})
		defer shutdown(t, m)
		if diff := cmp.Diff(simplemsgr.LosslessClient(), m.Policy(wire.EntityMon)); diff != "" {
			t.Errorf("policy by default (-want +got):\n%s", diff)
		}
		m.SetDefaultPolicy(simplemsgr.LosslessPeer())
		m.SetPolicy(wire.EntityClient, simplemsgr.StatelessServer())
		if m.Policy(wire.EntityMon) != simplemsgr.LosslessPeer() ||
			m.Policy(wire.EntityClient) != simplemsgr.StatelessServer() {
			t.Errorf("policies %+v, %+v", m.Policy(wire.EntityMon), m.Policy(wire.EntityClient))
		}

		server, client, _, _ := couple(t, n, simplemsgr.StatelessServer(), simplemsgr.LossyClient())
		connect(t, client, server.Inst())
		synctest.Wait()
		server.SetDefaultPolicy(simplemsgr.StatefulServer())
		if p := server.Dump().Pipes[0]; !p.Lossy {
			t.Errorf("an open pipe has changed its policy: %+v", p)
		}
	})
}

func TestPolicyNames(t *testing.T) {
	for _, name := range simplemsgr.PolicyNames() {
		if _, ok := simplemsgr.PolicyByName(name); !ok {
			t.Errorf("no policy %q", name)
		}
	}
	if _, ok := simplemsgr.PolicyByName("lossless"); ok {
		t.Error("there is a policy \"lossless\"")
	}
	for name, want := range map[string]simplemsgr.Policy{
		"stateful-server":     {Server: true, Standby: true, ResetCheck: true},
		"stateless-server":    {Server: true, Lossy: true},
		"lossless-peer":       {Standby: true},
		"lossless-peer-reuse": {Standby: true, ResetCheck: true},
		"lossy-client":        {Lossy: true},
		"lossless-client":     {ResetCheck: true},
	} {
		if got, _ := simplemsgr.PolicyByName(name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestDump(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		shared := throttle.New("clients", 1000)
		policy := simplemsgr.StatefulServer()
		policy.ThrottleBytes = shared
		server, client, _, _ := couple(t, n, policy, simplemsgr.LosslessClient())
		server.SetPolicy(wire.EntityMDS, policy)
		c := connect(t, client, server.Inst())
		if err := c.Send(&simplemsgr.Message{Type: 1, Front: make([]byte, 10)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		d := client.Dump()
		if len(d.Pipes) != 1 {
			t.Fatalf("pipes %+v", d.Pipes)
		}
		p := d.Pipes[0]
		if p.State != "OPEN" || p.Peer != server.Name() || p.PeerAddr != server.Addr() ||
			p.ReaderStage != "read tag" ||
			p.WriterStage != "wait for work" || p.Attempts != 1 || p.Session == nil ||
			p.Session.OutSeq != 1 || p.Session.ConnectSeq != 1 {
			t.Errorf("pipe %+v %+v", p, p.Session)
		}
		if s := server.Dump(); s.Pipes[0].Session.InSeq != 1 || s.Name != wire.OSD(0) ||
			s.Addr != server.Addr() {
			t.Errorf("server's dump %+v", s)
		}
		if names := throttleNames(server); !slices.Equal(names, []string{"dispatch", "clients"}) {
			t.Errorf("throttles %v", names)
		}
		var decoded map[string]any
		if err := json.Unmarshal(d.JSON(), &decoded); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"name", "addr", "global_seq", "pipes", "dispatch_queue",
			"throttles"} {
			if _, ok := decoded[key]; !ok {
				t.Errorf("no key %q in\n%s", key, d.JSON())
			}
		}
	})
}

func throttleNames(m *simplemsgr.Messenger) (names []string) {
	for _, t := range m.Dump().Throttles {
		names = append(names, t.Name)
	}
	return names
}

// A client that is bound to nothing learns its IP from the first server, and keeps port and nonce.
// Bound to all addresses it learns it too.
func TestLearnedAddress(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, _ := couple(t, n, simplemsgr.StatefulServer(),
			simplemsgr.LosslessClient())
		before := client.Addr()
		if !before.IsBlankIP() || before.Port != 0 || before.Nonce == 0 {
			t.Errorf("address %v", before)
		}
		connect(t, client, server.Inst())
		synctest.Wait()
		after := client.Addr()
		if after.IP.String() != "10.0.0.2" || after.Port != 0 || after.Nonce != before.Nonce ||
			client.Loopback().PeerAddr() != after {
			t.Errorf("address %v, to itself %v", after, client.Loopback().PeerAddr())
		}
		if connect(t, client, client.Inst()) != client.Loopback() {
			t.Error("its own address is not its own")
		}

		wild := start(t, node(t, n, wire.Client(2), "10.0.0.3", simplemsgr.LosslessClient()),
			"0.0.0.0:7000")
		connect(t, wild, server.Inst())
		synctest.Wait()
		if addr := wild.Addr(); addr.AddrPort().String() != "10.0.0.3:7000" {
			t.Errorf("address %v", addr)
		}
		if server.Lookup(wild.Addr()) == nil {
			t.Error("the server knows it under another address")
		}
	})
}

func TestQueueLimit(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
			func(c *simplemsgr.Config) {
				c.Pipe.QueueLimitBytes = 100 + 2*pipe.MessageOverhead
			}), "")
		n.Host("10.0.0.1")
		c := connect(t, m, wire.EntityInst{Name: wire.OSD(0),
			Addr: wire.EntityAddr{Type: wire.AddrLegacy, IP: netip.MustParseAddr("10.0.0.1"),
				Port: 1}})
		// what is empty costs too
		for i, want := range []error{nil, nil, pipe.ErrQueueFull, pipe.ErrQueueFull} {
			size := []int{60, 40, 1, 0}[i]
			if err := c.Send(&simplemsgr.Message{Type: 1,
				Data: make([]byte, size)}); !errors.Is(err, want) {
				t.Errorf("message %d of %d bytes: %v, want %v", i, size, err, want)
			}
		}
	})
}
