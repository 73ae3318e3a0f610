package sessiontest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

const pingType = 2

// party is one side of a scenario.
type party struct {
	t    *testing.T
	host *memnet.Host
	*simplemsgr.Messenger
	answers bool

	mu     sync.Mutex
	count  map[*simplemsgr.Connection]int
	events []string
	latest *simplemsgr.Message
}

// CanFastDispatch takes pings and leaves large messages to the ordinary way.
func (p *party) CanFastDispatch(m *simplemsgr.Message) bool { return m.Type == pingType }
func (p *party) FastDispatch(m *simplemsgr.Message)         { p.Dispatch(m) }

func (p *party) Dispatch(m *simplemsgr.Message) bool {
	p.mu.Lock()
	p.count[m.Connection()]++
	p.latest = m
	p.mu.Unlock()
	if p.answers {
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID})
	}
	return true
}

func (p *party) event(kind string, c *simplemsgr.Connection, forget bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, kind)
	if forget {
		delete(p.count, c)
	}
}

func (p *party) HandleConnect(c *simplemsgr.Connection)     { p.event("connect", c, false) }
func (p *party) HandleAccept(c *simplemsgr.Connection)      { p.event("accept", c, false) }
func (p *party) HandleReset(c *simplemsgr.Connection)       { p.event("reset", c, true) }
func (p *party) HandleRemoteReset(c *simplemsgr.Connection) { p.event("remote_reset", c, true) }
func (p *party) HandleRefused(c *simplemsgr.Connection)     {}

func (p *party) counted(c *simplemsgr.Connection) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[c]
}

func (p *party) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.events, " ")
}

// ping sends one ping and expects what the counters are then: the answers on this connection here,
// the pings on the peer's one there.
func (p *party) ping(c *simplemsgr.Connection, server *party, here, there int) {
	p.t.Helper()
	if err := c.Send(&simplemsgr.Message{Type: pingType}); err != nil {
		p.t.Fatalf("ping: %v", err)
	}
	for range 100 {
		synctest.Wait()
		if p.counted(c) == here {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if n := p.counted(c); n != here || !c.IsConnected() {
		p.t.Fatalf("%d answers, want %d; connected: %v\n%s", n, here, c.IsConnected(),
			p.Dump().JSON())
	}
	accepted := server.Lookup(p.Addr())
	if accepted == nil {
		p.t.Fatalf("the server does not know %v", p.Addr())
	}
	if n := server.counted(accepted); n != there {
		p.t.Fatalf("%d pings counted, want %d", n, there)
	}
}

// cast is the network of a scenario.
type cast struct {
	t *testing.T
	n *memnet.Network
}

func scenario(t *testing.T, script func(t *testing.T, c *cast)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &cast{t, memnet.New(memnet.Config{MinLatency: time.Millisecond})}
		t.Cleanup(c.n.Close)
		script(t, c)
	})
}

// start starts a party with one policy for all; bind may be empty.
func (c *cast) start(name wire.EntityName, ip, bind string, policy simplemsgr.Policy,
	configure ...func(*simplemsgr.Config)) *party {
	c.t.Helper()
	p := &party{t: c.t, host: c.n.Host(ip), answers: name.Type == wire.EntityOSD,
		count: map[*simplemsgr.Connection]int{}}
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy, Dial: p.host.Dial,
		Accepter: accepter.Config{Listen: p.host.Listen}}
	for _, f := range configure {
		f(&config)
	}
	p.Messenger = simplemsgr.New(name, config)
	p.AddDispatcher(p)
	if bind != "" {
		must(c.t, p.Bind(context.Background(), bind))
	}
	must(c.t, p.Messenger.Start())
	c.t.Cleanup(p.stop)
	return p
}

// stop shuts the party down; its queues must be empty then.
func (p *party) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dropped := new(simplemsgr.DroppedError) // a party may end in the middle of its sentence
	if err := p.Shutdown(ctx); err != nil && !errors.As(err, &dropped) {
		p.t.Error(err)
	}
	if q := p.Dump().Queue; q.Events+q.Messages+q.Local != 0 || q.ThrottleBytes != 0 {
		p.t.Errorf("%v: dispatch queue at the end: %+v", p.Name(), q)
	}
}

func (p *party) connect(to *party) *simplemsgr.Connection {
	p.t.Helper()
	c, err := p.Connect(to.Inst())
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}
