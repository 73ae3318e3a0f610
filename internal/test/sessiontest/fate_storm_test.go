package sessiontest

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
)

var errWithdrawn = errors.New("withdrawn")

// fateStorm sends in both directions, and notes what is said of each message.
type fateStorm struct {
	t    *testing.T
	w    *simulator.World
	pair simulator.Pair

	mu      sync.Mutex
	next    uint64
	arrived map[uint64]int
	all     []storming
	waits   sync.WaitGroup
}

type storming struct {
	id uint64
	c  *simplemsgr.Connection
	d  *session.Delivery
}

func (f *fateStorm) take(m *simplemsgr.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived[binary.LittleEndian.Uint64(m.Front)]++
}

func (f *fateStorm) send(c *simplemsgr.Connection, r *rand.Rand) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	m := &simplemsgr.Message{Type: 1, Priority: []uint16{1, 0, 200}[r.IntN(3)],
		Front: binary.LittleEndian.AppendUint64(nil, f.next)}
	if r.IntN(4) == 0 {
		m.Data = make([]byte, r.IntN(300<<10))
	}
	ctx := context.Background()
	if r.IntN(3) == 0 {
		limited, cancel := context.WithTimeoutCause(ctx,
			time.Duration(r.IntN(300))*time.Millisecond, errWithdrawn)
		f.waits.Go(func() { <-limited.Done(); cancel() })
		ctx = limited
	}
	if d, err := c.SendTracked(ctx, m); err == nil {
		f.all = append(f.all, storming{f.next, c, d})
	}
}

// open returns the messages of a connection, nil for all, whose fate is not decided.
func (f *fateStorm) open(c *simplemsgr.Connection) (open []storming) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.all {
		if s.c == c && !isDecided(s.d) {
			open = append(open, s)
		}
	}
	return open
}

// wait checks what a flush, or an end, says of what was on its way.
func (f *fateStorm) wait(what string, c *simplemsgr.Connection,
	call func(context.Context) error) {
	before := f.open(c)
	f.waits.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err := call(ctx)
		for _, s := range before {
			switch {
			case err == nil && !isDecided(s.d):
				f.t.Errorf("%s: %s is over before message %d", f.pair.Name, what, s.id)
			case err == nil && s.d.Err() != nil && s.d.Err() != errWithdrawn:
				f.t.Errorf("%s: %s says nothing of message %d: %v", f.pair.Name, what, s.id,
					s.d.Err())
			}
		}
	})
}

func (f *fateStorm) verify() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.all {
		n, err := f.arrived[s.id], s.d.Err()
		switch {
		case !isDecided(s.d):
			f.t.Errorf("%s: message %d is not decided", f.pair.Name, s.id)
		case n > 1 && f.pair.Name != simulator.Peers.Name: // which do not know a restarted peer
			f.t.Errorf("%s: message %d came %d times", f.pair.Name, s.id, n)
		case err == errWithdrawn && (n != 0 || s.d.Sent()),
			err != nil && !s.d.Sent() && n != 0:
			f.t.Errorf("%s: message %d came: %v", f.pair.Name, s.id, err)
		}
	}
}

// Whatever happens, each message has one fate, nobody waits for ever, and what is said is true.
func TestFateStorm(t *testing.T) {
	mixed := []simulator.Pair{
		{Name: "stateless server, lossless client", Server: simplemsgr.StatelessServer(),
			Client: simplemsgr.LosslessClient()},
		{Name: "stateful server, lossy client", Server: simplemsgr.StatefulServer(),
			Client: simplemsgr.LossyClient()},
	}
	simulator.Seeds(t, 5, func(seed uint64) {
		for _, pair := range append(mixed, simulator.Pairs...) {
			simulator.Run(t, memnet.Config{Seed: seed, MinLatency: time.Millisecond,
				MaxLatency: 20 * time.Millisecond}, func(t *testing.T, w *simulator.World) {
				stormOfFates(t, w, pair)
			})
		}
	})
}

func stormOfFates(t *testing.T, w *simulator.World, pair simulator.Pair) {
	f := &fateStorm{t: t, w: w, pair: pair, arrived: map[uint64]int{}}
	server, client := pair.Endpoints(w)
	r := w.Random
	for _, e := range []*simulator.Endpoint{server, client} {
		e.OnMessage = f.take
		e.Configure = func(c *simplemsgr.Config) {
			c.Pipe.SentLimitMessages = 1 + r.IntN(20)
			c.Pipe.QueueLimitMessages = 50
		}
	}
	server.Start()
	client.Start()
	for range 120 {
		e, c := client, calling(t, client, server)
		if accepted := server.Accepted(); accepted != nil && r.IntN(3) == 0 {
			e, c = server, accepted
		}
		switch r.IntN(40) {
		case 0, 1:
			w.Cut(server, client)
		case 2:
			e.MarkDown(c)
		case 3:
			e.Close(c)
		case 4, 5:
			f.wait("a graceful close", c, c.CloseGracefully)
		case 6, 7, 8, 9:
			f.wait("a flush", c, c.Flush)
		case 10:
			c.MarkDisposable()
		case 11:
			server.Messenger.MarkDownAll()
		case 12:
			if open := f.open(c); len(open) > 0 {
				open[r.IntN(len(open))].d.Withdraw(errWithdrawn)
			}
		case 13:
			server.Restart()
		case 14, 15, 16:
			w.Sleep(time.Duration(r.IntN(500)) * time.Millisecond)
		default:
			for range r.IntN(20) {
				f.send(c, r)
			}
		}
	}
	f.waits.Go(func() { _ = client.Messenger.Drain(t.Context()) })
	w.Sleep(3 * time.Minute)
	client.Crash()
	server.Crash()
	f.waits.Wait()
	f.verify()
}
