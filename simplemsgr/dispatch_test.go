package simplemsgr_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// link is one dispatcher of a chain; all of them write to one list.
type link struct {
	name string
	list *list
	take func(m *simplemsgr.Message) bool
}

type list struct {
	mu    sync.Mutex
	lines []string
}

func (l *list) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *list) got() []string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines
}

func (d *link) Dispatch(m *simplemsgr.Message) bool {
	d.list.add("%s: %d", d.name, m.TID)
	return d.take(m)
}

// fastLink takes in the reader what it takes, and sees everything before.
type fastLink struct{ link }

func (d *fastLink) FastPreprocess(m *simplemsgr.Message) {
	d.list.add("%s sees %d", d.name, m.TID)
}
func (d *fastLink) CanFastDispatch(m *simplemsgr.Message) bool { return d.take(m) }
func (d *fastLink) FastDispatch(m *simplemsgr.Message) {
	d.list.add("%s fast: %d", d.name, m.TID)
}

func only(tids ...uint64) func(*simplemsgr.Message) bool {
	return func(m *simplemsgr.Message) bool {
		for _, tid := range tids {
			if m.TID == tid {
				return true
			}
		}
		return false
	}
}

// Each message goes to the first of the chain that takes it; one that nobody takes is dropped, and
// gives back what it holds. The way is the same for messages to oneself.
func TestChainOfDispatchers(t *testing.T) {
	for _, loop := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			policy := simplemsgr.StatefulServer()
			policy.ThrottleMessages = throttle.New("messages", 100)
			server := node(t, n, wire.OSD(0), "10.0.0.1", policy)
			client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient()),
				"")
			all := new(list)
			server.AddDispatcher(&link{"second", all, only(2, 3)})
			server.AddDispatcher(&link{"third", all, only(2, 3, 4)})
			server.AddDispatcherFirst(&fastLink{link{"first", all, only(1)}})
			start(t, server, "10.0.0.1:6800")
			c := server.Loopback()
			if !loop {
				c = connect(t, client, server.Inst())
			}
			for tid := range uint64(6) {
				if err := c.Send(&simplemsgr.Message{Type: 1, TID: tid}); err != nil {
					t.Fatal(err)
				}
				all.got()
			}
			want := []string{
				"first sees 0", "first: 0", "second: 0", "third: 0",
				"first sees 1", "first fast: 1",
				"first sees 2", "first: 2", "second: 2",
				"first sees 3", "first: 3", "second: 3",
				"first sees 4", "first: 4", "second: 4", "third: 4",
				"first sees 5", "first: 5", "second: 5", "third: 5",
			}
			if diff := cmp.Diff(want, all.got()); diff != "" {
				t.Errorf("to oneself %v (-want +got):\n%s", loop, diff)
			}
			if taken := policy.ThrottleMessages.Current(); taken != 0 {
				t.Errorf("%d messages still hold the throttle", taken)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := node(t, n, wire.OSD(3), "10.0.0.1", simplemsgr.LosslessPeer())
		var got []*simplemsgr.Message
		m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			got = append(got, m)
			return true
		}))
		c := m.Loopback()
		if !c.IsLoopback() || !c.IsConnected() || !c.IsAlive() || c.PeerName() != m.Name() {
			t.Errorf("loopback: %+v", c)
		}
		// It cannot be lost.
		c.MarkDown()
		c.Close()
		c.MarkDisposable()
		if err := c.SendKeepalive(); err != nil {
			t.Error(err)
		}
		sent := &simplemsgr.Message{Type: 7, TID: 1, Version: 2, CompatVersion: 1,
			Priority: wire.PriorityHigh, DataOff: 3,
			Front: []byte("f"), Middle: []byte("m"), Data: []byte("d")}
		if err := c.Send(sent); err != nil { // before Start
			t.Fatal(err)
		}
		start(t, m, "10.0.0.1:6800")
		for tid := uint64(2); tid < 100; tid++ {
			if err := c.Send(&simplemsgr.Message{Type: 7, TID: tid}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(got) != 99 {
			t.Fatalf("%d messages", len(got))
		}
		first := got[0]
		if first.Connection() != c || first.Source != m.Name() || first.ReceivedAt.IsZero() ||
			first.Type != 7 || first.Version != 2 ||
			first.CompatVersion != 1 || first.Priority != wire.PriorityHigh || first.DataOff != 3 ||
			first.PayloadLen() != 3 {
			t.Errorf("got %+v", first)
		}
		if first == sent {
			t.Error("sender and receiver have the same message")
		}
		for i, g := range got {
			if g.TID != uint64(i+1) {
				t.Errorf("message %d has tid %d", i, g.TID)
			}
		}
		if m.Lookup(m.Addr()) != nil || len(maps.Collect(m.Connections())) != 0 {
			t.Error("the loopback connection is in the registry")
		}
	})
}

func TestConnectionProperties(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, sTold, _ := couple(t, n, simplemsgr.StatefulServer(),
			simplemsgr.LosslessClient())
		c := connect(t, client, server.Inst())
		// It may be open already: what is agreed is looked at below.
		if c.Priv() != nil || !c.LastKeepaliveAck().IsZero() || !c.LastKeepalive().IsZero() {
			t.Errorf("before anything was said: %v %v", c.LastKeepaliveAck(), c.Priv())
		}
		synctest.Wait()
		if c.Features() != wire.FeaturesSupported || c.PeerName() != wire.OSD(0) ||
			c.PeerType() != wire.EntityOSD || c.PeerAddr() != server.Addr() {
			t.Errorf("features %v, peer %v %v", c.Features(), c.PeerName(), c.PeerAddr())
		}
		accepted := sTold.last
		if accepted.PeerName() != wire.Client(wire.NumUnknown) {
			t.Errorf("before its first message the peer is %v", accepted.PeerName())
		}
		c.SetPriv("mine")
		if err := c.Send(&simplemsgr.Message{Type: 1}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if c.Priv() != "mine" || accepted.Priv() != nil || accepted.PeerName() != wire.Client(1) {
			t.Errorf("priv %v, %v; peer %v", c.Priv(), accepted.Priv(), accepted.PeerName())
		}
		c.SetPriv(nil)
		if c.Priv() != nil {
			t.Errorf("priv %v", c.Priv())
		}
	})
}

func TestBindErrors(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.LosslessPeer()), "")
		for _, address := range []string{"", "-", "10.0.0.1:port", "10.0.0.1:6800/7",
			"v2:10.0.0.1:3300", "10.0.0.1:6800,10.0.0.1:x"} {
			if err := m.Bind(context.Background(),
				address); err == nil || !strings.Contains(err.Error(), "simplemsgr") {
				t.Errorf("bind %q: %v", address, err)
			}
		}
		if err := m.Rebind(context.Background()); err == nil {
			t.Error("rebind before bind succeeded")
		}
		if err := m.Bind(context.Background(), "10.0.0.7:6800"); err == nil {
			t.Error("bound to an address of another host")
		}
	})
}

// A listener of one's own, and Start after Bind or before.
func TestBindListener(t *testing.T) {
	for _, startFirst := range []bool{false, true} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer())
			if startFirst {
				start(t, server, "")
			}
			l, err := n.Host("10.0.0.1").Listen(context.Background(), "tcp", "10.0.0.1:7777")
			if err != nil {
				t.Fatal(err)
			}
			if err := server.BindListener(l); err != nil {
				t.Fatal(err)
			}
			if !startFirst {
				start(t, server, "")
			}
			second, err := n.Host("10.0.0.1").Listen(context.Background(), "tcp", "10.0.0.1:7778")
			if err != nil {
				t.Fatal(err)
			}
			if err := server.BindListener(second); err == nil {
				t.Error("bound twice")
			}
			client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient()),
				"")
			c := connect(t, client, server.Inst())
			synctest.Wait()
			if !c.IsConnected() || server.Addr().Port != 7777 {
				t.Errorf("connected %v to %v", c.IsConnected(), server.Addr())
			}
		})
	}
}

// Every event reaches the logger, with messenger and peer.
func TestLogger(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var log bytes.Buffer
		server := start(t, node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer()),
			"10.0.0.1:6800")
		client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient(),
			func(c *simplemsgr.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			}), "")
		connect(t, client, server.Inst())
		synctest.Wait()
		shutdown(t, client)
		for _, want := range []string{"msg=opened messenger=client.1", "osd.0 10.0.0.1:6800/",
			"msg=address_learned"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %q in\n%s", want, log.String())
			}
		}
	})
}

// Options of real sockets.
func TestSocketOptions(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	policy := simplemsgr.LosslessPeer()
	var dialed net.Conn
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy,
		DisableTCPNoDelay: true,
		TCPReceiveBuffer:  64 << 10, TCPKeepAlive: -1}
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	got := make(chan *simplemsgr.Message, 1)
	a := simplemsgr.New(wire.OSD(0), config)
	a.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		got <- m
		return true
	}))
	config.Dial = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		dialed = conn
		return conn, err
	}
	b := simplemsgr.New(wire.OSD(1), config)
	defer func() {
		if err := b.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := a.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if dialed == nil {
			t.Error("not dialed by the given function")
		}
	}()
	start(t, a, "127.0.0.1:0")
	start(t, b, "[::1]:0")
	if err := b.Send(a.Inst(), &simplemsgr.Message{Type: 1,
		Data: make([]byte, 1<<20)}); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-got:
		if len(m.Data) != 1<<20 {
			t.Errorf("%d bytes", len(m.Data))
		}
	case <-ctx.Done():
		t.Fatalf("nothing came\n%s", b.Dump().JSON())
	}
}
