package simplemsgr_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Dial opens a session; a nonce that is given counts, and one that is not does not.
func TestDial(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server, client, _, _ := couple(t, n, simplemsgr.StatelessServer(), simplemsgr.LossyClient())
		c, err := client.Dial(t.Context(), wire.OSD(0), "10.0.0.1:6800")
		if err != nil || !c.IsConnected() {
			t.Fatalf("%v, %v", c, err)
		}
		if again, err := client.Dial(t.Context(), wire.OSD(0), "10.0.0.1:6800"); again != c {
			t.Errorf("again: %v, %v", again, err)
		}
		if c, err := client.Dial(t.Context(), wire.OSD(0), server.Addr().String()); err != nil {
			t.Errorf("with the nonce: %v, %v", c, err)
		}
		client.MarkDownAll() // of sessions that there are the name does not count
		synctest.Wait()
		for text, want := range map[string]error{"10.0.0.1:6800/12345": pipe.ErrWrongPeer} {
			if c, err := client.Dial(t.Context(), wire.OSD(0), text); !errors.Is(err, want) {
				t.Errorf("%s: %v, %v", text, c, err)
			}
		}
		for _, text := range []string{"", "10.0.0.1", "v2:10.0.0.1:3300", "10.0.0.1:x"} {
			if c, err := client.Dial(t.Context(), wire.OSD(0), text); err == nil {
				t.Errorf("%q: %v", text, c)
			} else if !strings.Contains(err.Error(), "osd.0") {
				t.Errorf("%q: %v", text, err)
			}
		}
		if c, err := client.Dial(t.Context(), wire.Mon(0), "10.0.0.1:6800"); !errors.Is(err,
			pipe.ErrProtocolVersion) {
			t.Errorf("another type: %v, %v", c, err)
		}
		if left := len(maps.Collect(client.Connections())); left != 0 {
			t.Errorf("%d connections left: %v", left, maps.Collect(client.Connections()))
		}
	})
}

// Who is not there yet is waited for, and told of when the time is over; then nothing is left, but
// for those who wait longer or have the connection from Connect.
func TestDialWaits(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		n.Host("10.0.0.1")
		client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient()), "")
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Dial(short, wire.OSD(0), "10.0.0.1:6800")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody there: %v", err)
		}
		if left := len(maps.Collect(client.Connections())); left != 0 {
			t.Errorf("%d connections left", left)
		}

		var dials sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		dials.Go(func() {
			if _, err := client.Dial(ctx, wire.OSD(0), "10.0.0.1:6800"); err == nil {
				t.Error("dialed nobody")
			}
		})
		dials.Go(func() {
			if _, err := client.Dial(t.Context(), wire.OSD(0), "10.0.0.1:6800"); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Minute)
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer())
		start(t, server, "10.0.0.1:6800")
		dials.Wait()

		kept := connect(t, client, wire.EntityInst{Name: wire.OSD(1),
			Addr: addr(t, "10.0.0.3:6800")})
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := client.Dial(ctx, wire.OSD(1), "10.0.0.3:6800"); err == nil || !kept.IsAlive() {
			t.Errorf("%v; %v", kept, err)
		}
	})
}

func addr(t *testing.T, text string) wire.EntityAddr {
	t.Helper()
	a, err := wire.ParseEntityAddr(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Of several addresses those are passed over where nobody listens.
func TestDialSeveralAddresses(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		_, client, _, _ := couple(t, n, simplemsgr.StatelessServer(), simplemsgr.LossyClient())
		c, err := client.Dial(t.Context(), wire.OSD(0), "10.0.0.9:6800,10.0.0.1:6800")
		if err != nil || !c.IsConnected() {
			t.Errorf("%v, %v", c, err)
		}
	})
}

// Messages of one connection are handled one after the other, in order; those of different ones
// side by side, as many as there may be; and the messenger goes on meanwhile.
func TestConcurrent(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer())
		var mu sync.Mutex
		last, running, most := map[*simplemsgr.Connection]uint64{}, 0, 0
		pool := &simplemsgr.Concurrent{Handlers: 3, Backlog: 5,
			Takes: func(m *simplemsgr.Message) bool { return m.Type == 7 },
			Handle: func(ctx context.Context, m *simplemsgr.Message) {
				mu.Lock()
				if last[m.Connection()]++; last[m.Connection()] != m.TID || ctx.Err() != nil {
					t.Errorf("message %d of %v", m.TID, m.Connection())
				}
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				running--
				mu.Unlock()
			}}
		server.AddDispatcher(pool)
		others := 0
		server.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
			mu.Lock()
			defer mu.Unlock()
			others++
			return true
		}))
		start(t, server, "10.0.0.1:6800")
		for i := range 5 {
			host := net.IPv4(10, 0, 1, byte(i)).String()
			client := node(t, n, wire.Client(int64(i)), host, simplemsgr.LossyClient())
			start(t, client, "")
			c := connect(t, client, server.Inst())
			for tid := range uint64(6) {
				must(t, c.Send(&simplemsgr.Message{Type: 7, TID: tid + 1}))
			}
			must(t, c.Send(&simplemsgr.Message{Type: 8}))
		}
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if pool.WaitUntilIdle(short.Done()) {
			t.Error("idle with messages at hand")
		}
		if !pool.WaitUntilIdle(nil) {
			t.Error("not idle at the end")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		for c, n := range last {
			if n != 6 {
				t.Errorf("%v: %d of 6", c, n)
			}
		}
		if len(last) != 5 || most != 3 || others != 5 {
			t.Errorf("%d connections, %d at a time, %d others", len(last), most, others)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A handler's context ends with the connection; a panic of a handler ends the session and no other.
func TestConcurrentHandlersEnd(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer())
		var causes []error
		server.AddDispatcher(&simplemsgr.Concurrent{
			Handle: func(ctx context.Context, m *simplemsgr.Message) {
				if m.Type == 1 {
					panic("at the message")
				}
				<-ctx.Done()
				causes = append(causes, context.Cause(ctx))
			}})
		start(t, server, "10.0.0.1:6800")
		client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient()), "")
		other := start(t, node(t, n, wire.Client(2), "10.0.0.3", simplemsgr.LossyClient()), "")
		c, o := connect(t, client, server.Inst()), connect(t, other, server.Inst())
		must(t, c.Send(&simplemsgr.Message{Type: 1}))
		must(t, o.Send(&simplemsgr.Message{Type: 2}))
		synctest.Wait()
		if c.IsAlive() || !o.IsConnected() {
			t.Errorf("%v, %v", c, o)
		}
		o.MarkDown()
		synctest.Wait()
		if len(causes) != 1 || !errors.Is(causes[0], pipe.ErrClosed) {
			t.Errorf("told %v", causes)
		}
	})
}

// A server forgets its clients, if nobody says otherwise.
func TestNewServer(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		h := n.Host("10.0.0.1")
		config := simplemsgr.Config{Dial: h.Dial}
		config.Accepter.Listen = h.Listen
		server := simplemsgr.NewServer(wire.OSD(0), config)
		t.Cleanup(func() { shutdown(t, server) })
		start(t, server, "10.0.0.1:6800")
		kept := simplemsgr.StatefulServer()
		server.SetPolicy(wire.EntityMDS, kept)
		for _, name := range []wire.EntityName{wire.Client(1), wire.MDS(1)} {
			client := node(t, n, name, "10.0.0.2", simplemsgr.LosslessClient())
			start(t, client, "")
			must(t, connect(t, client, server.Inst()).WaitOpen(t.Context()))
			shutdown(t, client)
		}
		synctest.Wait()
		if n := len(maps.Collect(server.Connections())); n != 1 {
			t.Errorf("%d sessions, want that of the mds", n)
		}
	})
}

// A Dial that gives up at the moment when somebody else asks for the connection does not mark it
// down under his hands.
func TestDialGivesUpBesideConnect(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		n.Host("10.0.0.1")
		client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LosslessClient()), "")
		addr, err := wire.ParseEntityAddr("10.0.0.1:6800")
		must(t, err)
		for range 3000 {
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() { _, _ = client.Dial(ctx, wire.OSD(0), "10.0.0.1:6800") })
			all.Go(cancel)
			var c *simplemsgr.Connection
			all.Go(func() {
				c, _ = client.Connect(wire.EntityInst{Name: wire.OSD(0), Addr: addr})
			})
			all.Wait()
			if err := c.Err(); err != nil {
				t.Fatal(err)
			}
			c.MarkDown()
		}
	})
}

// Addresses of another protocol behind it do not make a Dial impatient.
func TestDialWaitsForTheLastOfItsProtocol(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		n.Host("10.0.0.1")
		client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient()), "")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := client.Dial(ctx, wire.OSD(0), "[v1:10.0.0.1:6800,v2:10.0.0.1:3300]")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) < time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}
