package sessiontest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/internal/test/race"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// The matrix: at each place that a session comes by — a stage of either side, with the tag that it
// is about — something happens when it comes there for the first time in one of its phases: a
// fault, a delay, or a hang that lasts until the pipe is marked down. It is done for each pair of
// policies.

// phase is a part of the life of a session; the trap is set when it begins.
type phase int

const (
	firstConnection  phase = iota
	laterConnections       // after a cut
	orderlyClose
	phases
)

func (p phase) String() string {
	return [...]string{"first connection", "later connections", "close"}[p]
}

// place is where a trap can be.
type place struct {
	phase  phase
	server bool
	stage  protocol.Stage
	tag    wire.Tag
}

func (p place) String() string {
	side := "client"
	if p.server {
		side = "server"
	}
	if p.tag == 0 {
		return fmt.Sprintf("%v, %s, %v", p.phase, side, p.stage)
	}
	return fmt.Sprintf("%v, %s, %v %v", p.phase, side, p.stage, p.tag)
}

// life is the story of a session in which nearly every stage comes up: with authorizers, throttles,
// a limit of unacked messages, a race between peers, keepalives, refused dials, a standby, a
// reconnect while a message is being dispatched, and an orderly close.
type life struct {
	t              *testing.T
	w              *simulator.World
	pair           simulator.Pair
	server, client *simulator.Endpoint
	began          func(phase)
	there, back    []*simulator.Stream
}

func newLife(t *testing.T, w *simulator.World, pair simulator.Pair) *life {
	l := &life{t: t, w: w, pair: pair, began: func(phase) {}}
	l.server, l.client = pair.Endpoints(w)
	for e, dispatch := range map[*simulator.Endpoint]time.Duration{l.server: 60 * time.Millisecond,
		l.client: 20 * time.Millisecond} {
		keys := &toyAuth{key: 1}
		e.Configure = func(c *simplemsgr.Config) {
			c.AuthClient, c.AuthServer = keys, keys
			c.Pipe.SentLimitMessages = 2
			c.Pipe.CloseTimeout = 30 * time.Second // less than what run waits for a close
			c.Pipe.PoolMessages = e == l.server
		}
		e.FastDispatch = true
		e.OnMessage = func(*simplemsgr.Message) { time.Sleep(dispatch) }
	}
	return l
}

// send sends n messages over the connection that there is now, if there is one.
func (l *life) send(from, to *simulator.Endpoint, n int) {
	var c *simplemsgr.Connection
	streams := &l.there
	if from == l.server {
		streams = &l.back
	}
	if from == l.client || l.pair.Peers {
		c = from.Connect(to)
	} else if c = from.Messenger.Lookup(to.Addr()); c == nil {
		return
	}
	if k := len(*streams); k == 0 || (*streams)[k-1].Connection != c {
		*streams = append(*streams, from.Stream(c))
	}
	s := (*streams)[len(*streams)-1]
	for range n {
		if s.SendMessage(&simplemsgr.Message{Middle: make([]byte, 10),
			Data: make([]byte, 100)}) != nil {
			return
		}
	}
	_ = c.SendKeepalive()
}

func (l *life) run() {
	l.began(firstConnection)
	l.server.Start()
	l.client.Start()
	l.send(l.client, l.server, 3)
	if l.pair.Peers {
		l.send(l.server, l.client, 3) // both connect at once
	}
	l.w.Sleep(time.Second)
	l.send(l.server, l.client, 3)
	l.w.Sleep(10 * time.Second)

	l.began(laterConnections)
	var refused atomic.Bool
	l.w.Net.OnConn(func(c *memnet.Conn) {
		if !refused.Swap(true) {
			c.Reset()
		}
	})
	l.w.Cut(l.server, l.client)
	l.w.Sleep(time.Second)
	for range 2 {
		l.send(l.client, l.server, 4)
		l.send(l.server, l.client, 4)
		l.w.Sleep(30 * time.Millisecond)
		l.w.Cut(l.server, l.client) // in the middle of a dispatch
		l.w.Sleep(5 * time.Second)
	}
	l.send(l.client, l.server, 1)
	l.w.Sleep(10 * time.Second)

	l.began(orderlyClose)
	l.send(l.client, l.server, 1)
	l.send(l.server, l.client, 1)
	l.w.Sleep(10 * time.Second)
	if c := l.client.Messenger.Lookup(l.server.Addr()); c != nil {
		l.client.Close(c)
	}
	l.w.Sleep(time.Minute)
}

// places returns all places that a life comes by when nothing else happens to it.
func places(t *testing.T, pair simulator.Pair) []place {
	var all []place
	simulator.Run(t, memnet.Config{MinLatency: time.Millisecond},
		func(t *testing.T, w *simulator.World) {
			l := newLife(t, w, pair)
			var now phase
			l.began = func(p phase) { now = p }
			w.Watch(func(e *simulator.Endpoint, b pipe.Breakpoint) {
				p := place{now, e == l.server, b.Stage, b.Tag}
				if !slices.Contains(all, p) {
					all = append(all, p)
				}
			})
			l.run()
		})
	return all
}

var actions = []string{"fault", "stall", "block"}

func TestMatrix(t *testing.T) {
	reached := map[protocol.Stage]bool{}
	cells, sprung := 0, 0
	for _, pair := range simulator.Pairs {
		of := places(t, pair)
		for i, p := range of {
			reached[p.stage] = true
			if (testing.Short() || race.Enabled) && i%10 != 0 {
				continue // what races races in any cell; all are for runs without the detector
			}
			for _, action := range actions {
				cells++
				if runCell(t, pair, p, action) {
					sprung++
				}
			}
		}
		t.Logf("%s: %d places", pair.Name, len(of))
	}
	t.Logf("%d cells; the trap was sprung in %d", cells, sprung)
	for _, stage := range protocol.Stages() {
		if !reached[stage] {
			t.Errorf("no life comes by the stage %q", stage)
		}
	}
	if sprung < cells*9/10 {
		t.Errorf("the trap was sprung in %d of %d cells only", sprung, cells)
	}
}

// runCell runs one cell of the matrix and reports whether its trap was sprung.
func runCell(t *testing.T, pair simulator.Pair, p place, action string) (sprung bool) {
	simulator.Run(t, memnet.Config{MinLatency: time.Millisecond},
		func(t *testing.T, w *simulator.World) {
			defer func() {
				if t.Failed() {
					t.Logf("cell: %s; %v; %s", pair.Name, p, action)
				}
			}()
			l := newLife(t, w, pair)
			var trap *simulator.Trap
			l.began = func(now phase) {
				if now != p.phase {
					return
				}
				match := func(e *simulator.Endpoint, b pipe.Breakpoint) bool {
					return (e == l.server) == p.server && b.Stage == p.stage && b.Tag == p.tag
				}
				switch action {
				case "fault":
					trap = w.Fault(match)
				case "stall":
					trap = w.Stall(match, 5*time.Second)
				case "block":
					trap = w.Hold(match)
				}
			}
			l.run()
			w.Disarm()
			if sprung = trap.HasSprung(); sprung && action == "block" {
				// Whatever hangs, hangs until somebody ends it.
				l.blockedSide(p).Messenger.MarkDownAll()
				w.Sleep(time.Second)
				trap.Release()
			}
			l.verdict(p, action)
		})
	return sprung
}

func (l *life) blockedSide(p place) *simulator.Endpoint {
	if p.server {
		return l.server
	}
	return l.client
}

// verdict looks at what is left. What was delivered and told is for the world's oracle to judge.
func (l *life) verdict(p place, action string) {
	l.t.Helper()
	recovers(l.w, l.client, l.server)
	// Two peers that check for resets may part over the question whether the first connection was
	// ever open. They are told so; all others lose nothing.
	undecided := l.pair.Name == simulator.PeerReuse.Name && count[trace.SessionReset](l.w) > 0
	if !l.pair.Lossy() && action != "block" && p.phase != orderlyClose && !undecided {
		for _, s := range l.there {
			if s.Delivered() != s.Sent() {
				l.t.Errorf("%d sent, %d delivered", s.Sent(), s.Delivered())
			}
		}
	}
	l.w.Sleep(time.Minute)
	for _, e := range []*simulator.Endpoint{l.server, l.client} {
		pipes := e.Messenger.Dump().Pipes
		if len(pipes) != 1 || pipes[0].State != "OPEN" && pipes[0].State != "STANDBY" {
			l.t.Errorf("%v: pipes at the end: %+v", e, pipes)
		}
		if !e.ThrottlesAtZero() {
			l.t.Errorf("%v: throttles at the end: %+v", e, e.Messenger.Dump().Throttles)
		}
	}
}
