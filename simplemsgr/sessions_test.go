package simplemsgr_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/auth"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// passers come to a server, say something, and go for good, a second apart.
type passers struct {
	t      *testing.T
	n      *memnet.Network
	server *simplemsgr.Messenger
	told   *told
	events trace.Recorder
	count  int
}

func newPassers(t *testing.T, n *memnet.Network, limits simplemsgr.SessionLimits,
	configure ...func(*simplemsgr.Config)) *passers {
	p := &passers{t: t, n: n, told: newTold()}
	configure = append(configure, func(c *simplemsgr.Config) {
		c.Sessions, c.Pipe.Tracer = limits, &p.events
	})
	p.server = node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatefulServer(), configure...)
	p.server.AddDispatcher(p.told)
	start(t, p.server, "10.0.0.1:6800")
	return p
}

// come lets one more client come from a host; it stays until it is shut down.
func (p *passers) come(name wire.EntityName, ip string,
	configure ...func(*simplemsgr.Config)) *simplemsgr.Messenger {
	p.t.Helper()
	p.count++
	m := start(p.t, node(p.t, p.n, name, ip, simplemsgr.LosslessClient(), configure...), "")
	if err := m.Send(p.server.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
		p.t.Fatal(err)
	}
	synctest.Wait()
	return m
}

func (p *passers) pass(name wire.EntityName, ip string, configure ...func(*simplemsgr.Config)) {
	p.t.Helper()
	shutdown(p.t, p.come(name, ip, configure...))
	time.Sleep(time.Second)
}

// left returns the numbers of the clients that have a session yet, by connection ID.
func (p *passers) left() string {
	synctest.Wait()
	ids := []uint64{}
	for _, s := range p.server.Dump().Pipes {
		if s.Session != nil {
			ids = append(ids, s.Session.Connection)
		}
	}
	return fmt.Sprint(ids)
}

func (p *passers) expect(what, left string, evicted int) {
	p.t.Helper()
	if got := p.left(); got != left {
		p.t.Errorf("%s: connections %s, want %s", what, got, left)
	}
	if got := len(trace.Of[trace.Evicted](p.events.Records())); got != evicted {
		p.t.Errorf("%s: %d evicted, want %d", what, got, evicted)
	}
	resets := 0
	p.told.mu.Lock()
	defer p.told.mu.Unlock()
	for _, e := range p.told.events {
		if e == "reset" {
			resets++
		}
	}
	if resets != evicted {
		p.t.Errorf("%s: %d resets told, want %d", what, resets, evicted)
	}
}

func TestStandbyTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p := newPassers(t, n, simplemsgr.SessionLimits{StandbyTimeout: time.Minute})
		p.pass(wire.Client(1), "10.0.0.2")
		p.pass(wire.Client(2), "10.0.0.2")
		p.pass(wire.OSD(3), "10.0.0.2")
		stays := p.come(wire.Client(4), "10.0.0.2")
		time.Sleep(57*time.Second - time.Millisecond)
		p.expect("before the first minute is over", "[1 2 3 4]", 0)
		time.Sleep(time.Millisecond)
		p.expect("the first client is too old", "[2 3 4]", 1)
		time.Sleep(time.Second)
		p.expect("the second too", "[3 4]", 2)
		time.Sleep(30 * 24 * time.Hour)
		p.expect("a daemon may come back after a month, and who is here stays", "[3 4]", 2)

		shutdown(t, stays)
		time.Sleep(time.Minute)
		p.expect("who was here goes too", "[3]", 3)
	})
}

// The timer goes on for the others if the first is ended by somebody else.
func TestStandbyTimeoutOfTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p := newPassers(t, n, simplemsgr.SessionLimits{StandbyTimeout: time.Minute})
		p.pass(wire.Client(1), "10.0.0.2")
		first := anyOf(p.server)
		p.pass(wire.Client(2), "10.0.0.2")
		first.MarkDown()
		time.Sleep(time.Hour)
		p.expect("an hour later", "[]", 1)
	})
}

func TestSessionLimits(t *testing.T) {
	for _, test := range []struct {
		what   string
		limits simplemsgr.SessionLimits
		left   string
	}{
		{"no limit", simplemsgr.SessionLimits{}, "[1 2 3 4 5 6]"},
		{"of a host", simplemsgr.SessionLimits{PerHost: 2}, "[3 4 5 6]"},
		{"in all", simplemsgr.SessionLimits{Total: 3}, "[4 5 6]"},
		{"both", simplemsgr.SessionLimits{PerHost: 2, Total: 3}, "[4 5 6]"},
	} {
		bubble(t, func(t *testing.T, n *memnet.Network) {
			p := newPassers(t, n, test.limits)
			for i, ip := range []string{"10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.3", "10.0.0.2",
				"10.0.0.2"} {
				p.pass(wire.Client(int64(i)), ip)
			}
			evicted := map[string]int{"no limit": 0, "of a host": 2, "in all": 3,
				"both": 3}[test.what]
			p.expect(test.what, test.left, evicted)
		})
	}
}

// Open sessions are not evicted: who comes above the limit is not accepted, and tries again.
func TestOpenSessionsKeepTheirPlaces(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p := newPassers(t, n, simplemsgr.SessionLimits{PerHost: 2})
		first := p.come(wire.Client(1), "10.0.0.2")
		p.come(wire.Client(2), "10.0.0.2")
		late := p.come(wire.Client(3), "10.0.0.2")
		p.come(wire.Client(4), "10.0.0.3")
		p.expect("full", "[1 2 3]", 0)
		refused := false
		for _, f := range trace.Of[trace.Faulted](p.events.Records()) {
			refused = refused || errors.Is(f.Err, pipe.ErrTooManySessions)
		}
		if !refused {
			t.Error("nobody was told of the limit")
		}
		shutdown(t, first)
		time.Sleep(time.Minute)
		p.expect("one has left", "[2 3 4]", 1)
		if c := connect(t, late, p.server.Inst()); !c.IsConnected() {
			t.Error("who was refused has not come in")
		}
	})
}

// named accepts everybody as one principal.
type named struct{ *panicky }

func (named) NewExchange(wire.EntityAddr) auth.Exchange { return named{} }
func (named) Verify(auth.Request) auth.Result {
	return auth.Result{Outcome: auth.Accepted, Identity: auth.Identity{Name: "client.x",
		GlobalID: 1}}
}

func TestSessionsOfAPrincipal(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		p := newPassers(t, n, simplemsgr.SessionLimits{PerPrincipal: 2},
			func(c *simplemsgr.Config) { c.AuthServer = named{&panicky{}} })
		for i := range 4 {
			p.pass(wire.Client(int64(i)), fmt.Sprintf("10.0.0.%d", 2+i))
		}
		p.expect("two for each principal", "[3 4]", 2)
	})
}

// A peer of equals that has gone for good is called in vain: its place is for others, once a call
// has failed.
func TestWhoIsCalledInVainGivesWay(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		policy := simplemsgr.LosslessPeer()
		peers := func(c *simplemsgr.Config) { c.DefaultPolicy = &policy }
		p := newPassers(t, n, simplemsgr.SessionLimits{Total: 2}, peers)
		p.server.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			// so that there is something to call for
			_ = m.Connection().Send(&simplemsgr.Message{Type: 2})
			return true
		}))
		for i := range 4 {
			ip := fmt.Sprintf("10.0.0.%d", i+2)
			m := start(t, node(t, n, wire.OSD(int64(i+1)), ip, simplemsgr.LosslessPeer()),
				ip+":6800")
			if err := m.Send(p.server.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for c := range p.server.Connections() {
				_ = c.Send(&simplemsgr.Message{Type: 3})
			}
			shutdown(t, m)
			for c := range p.server.Connections() {
				_ = c.Send(&simplemsgr.Message{Type: 3})
			}
			time.Sleep(time.Minute)
		}
		p.expect("four have gone", "[3 4]", 2)
	})
}

// anyOf returns a connection of the messenger.
func anyOf(m *simplemsgr.Messenger) *simplemsgr.Connection {
	for c := range m.Connections() {
		return c
	}
	return nil
}
