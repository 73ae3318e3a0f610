package workload

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/test/engines"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// load is one run.
type load struct {
	parameters Parameters
	random     *rand.Rand // of the driving goroutine
	servers    []*server
	clients    []*client
	ledger     ledger

	faults, resent atomic.Int64

	mu         sync.Mutex
	result     Result
	unanswered int
	progress   chan struct{} // closed and made anew when unanswered falls
}

// Run runs a load and returns what came of it. Messengers are shut down at the end. patience bounds
// each wait for answers.
func Run(ctx context.Context, p Parameters, patience time.Duration) (result Result, err error) {
	l := &load{parameters: p, random: rand.New(rand.NewPCG(p.Seed, p.Seed)),
		progress: make(chan struct{})}
	l.ledger = ledger{seen: map[channelEpoch]*sightings{}, result: &l.result}
	l.result.Name = p.Name
	defer func() {
		if stopErr := l.stop(context.WithoutCancel(ctx)); err == nil {
			err = stopErr
		}
	}()
	if err := l.start(ctx); err != nil {
		return Result{}, err
	}
	for range p.FirstConnections {
		if err := l.newConnection(); err != nil {
			return Result{}, err
		}
	}
	for range p.Operations {
		if err := l.operate(ctx, patience); err != nil {
			return l.summary(), err
		}
	}
	if err := l.drain(ctx, 0, patience); err != nil {
		return l.summary(), err
	}
	return l.summary(), nil
}

func (l *load) start(ctx context.Context) error {
	p := l.parameters
	for i := range p.Servers {
		s := &server{m: l.messenger(wire.OSD(int64(i)), p.ServerPolicy(), uint64(i)),
			ledger: &l.ledger}
		s.m.AddDispatcher(s)
		l.servers = append(l.servers, s)
		if err := s.m.Bind(ctx, "127.0.0.1:0"); err != nil {
			return err
		}
		if err := s.m.Start(); err != nil {
			return err
		}
	}
	for i := range p.Clients {
		c := &client{number: uint64(i), load: l, channels: map[*simplemsgr.Connection]*channel{},
			excused: map[channelEpoch]bool{}}
		c.m = l.messenger(wire.Client(int64(i)), p.ClientPolicy(), uint64(1000+i))
		c.m.AddDispatcher(c)
		l.clients = append(l.clients, c)
		if p.BindClients {
			if err := c.m.Bind(ctx, "127.0.0.1:0"); err != nil {
				return err
			}
		}
		if err := c.m.Start(); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) messenger(name wire.EntityName, policy simplemsgr.Policy,
	seed uint64) *simplemsgr.Messenger {
	config := simplemsgr.Config{Engine: engines.New, DefaultPolicy: &policy}
	config.Pipe.Inject = l.parameters.Inject
	config.Pipe.Tracer = trace.Func(l.watch)
	config.Queue.ThrottleBytes = l.parameters.DispatchThrottle
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	return simplemsgr.New(name, config)
}

func (l *load) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var first error
	for _, c := range l.clients {
		c.m.Close()
	}
	for _, s := range l.servers {
		s.m.Close()
	}
	for _, m := range l.messengers() {
		if err := m.Wait(ctx); err != nil && first == nil {
			first = errors.WithMessagef(err, "%v\n%s", m.Name(), m.Dump().JSON())
		}
		for _, t := range m.Dump().Throttles {
			if t.Current != 0 && first == nil {
				first = errors.Errorf("%v: throttle %s still holds %d after shutdown", m.Name(),
					t.Name, t.Current)
			}
		}
	}
	return first
}

func (l *load) messengers() []*simplemsgr.Messenger {
	var all []*simplemsgr.Messenger
	for _, c := range l.clients {
		all = append(all, c.m)
	}
	for _, s := range l.servers {
		all = append(all, s.m)
	}
	return all
}

// operate does one random thing.
func (l *load) operate(ctx context.Context, patience time.Duration) error {
	p := l.parameters
	n := l.random.IntN(p.NewPercent + p.DropPercent + p.SendPercent + p.SleepPercent)
	switch {
	case n < p.NewPercent:
		return l.newConnection()
	case n < p.NewPercent+p.DropPercent:
		if c, con := l.anyConnection(); con != nil {
			c.markDown(con)
		}
	case n < p.NewPercent+p.DropPercent+p.SendPercent:
		if err := l.drain(ctx, p.MaxUnanswered-1, patience); err != nil {
			return err
		}
		if c, con := l.anyConnection(); con != nil {
			c.send(con)
		}
	default:
		time.Sleep(time.Duration(500+l.random.IntN(1000)) * time.Microsecond)
	}
	return nil
}

func (l *load) newConnection() error {
	total := 0
	for _, c := range l.clients {
		total += len(c.connections())
	}
	if total >= l.parameters.MaxConnections {
		return nil
	}
	c := l.clients[l.random.IntN(len(l.clients))]
	return c.connect(l.servers[l.random.IntN(len(l.servers))].m.Inst())
}

func (l *load) anyConnection() (*client, *simplemsgr.Connection) {
	start := l.random.IntN(len(l.clients))
	for i := range l.clients {
		c := l.clients[(start+i)%len(l.clients)]
		if all := c.connections(); len(all) > 0 {
			slices.SortFunc(all, func(a, b *simplemsgr.Connection) int {
				return cmp.Compare(a.ID(), b.ID())
			})
			return c, all[l.random.IntN(len(all))]
		}
	}
	return nil, nil
}

// drain waits until at most n pings are unanswered.
func (l *load) drain(ctx context.Context, n int, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		l.mu.Lock()
		unanswered, progress := l.unanswered, l.progress
		l.mu.Unlock()
		if unanswered <= n {
			return nil
		}
		select {
		case <-progress:
			timer.Reset(patience)
		case <-timer.C:
			return errors.Errorf("%d pings unanswered, none of them for %v\n%s", unanswered,
				patience, l.stuck())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stuck shows the messengers with unanswered pings.
func (l *load) stuck() string {
	out := ""
	for _, c := range l.clients {
		c.mu.Lock()
		for _, ch := range c.channels {
			if len(ch.pending) > 0 && len(out) < 20000 {
				out += fmt.Sprintf("client %d channel %d epoch %d: %d unanswered, peer %v\n",
					c.number, ch.number, ch.epoch, len(ch.pending), ch.connection.PeerAddr())
				out += string(c.m.Dump().JSON()) + "\n"
			}
		}
		c.mu.Unlock()
	}
	return out
}

func (l *load) summary() Result {
	l.ledger.explain(func(key channelEpoch) bool {
		c := l.clients[key.client]
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.excused[key]
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.result.Lost += l.unanswered
	l.result.Faults, l.result.Resent = int(l.faults.Load()), int(l.resent.Load())
	return l.result
}

func (l *load) watch(r trace.Record) {
	switch e := r.Event.(type) {
	case trace.Faulted:
		l.faults.Add(1)
	case trace.MessageSent:
		if e.Resent {
			l.resent.Add(1)
		}
	}
}

// What the clients report.

func (l *load) count(change func(*Result)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.result)
}

func (l *load) connected()  { l.count(func(r *Result) { r.Connections++ }) }
func (l *load) markedDown() { l.count(func(r *Result) { r.MarkedDown++ }) }
func (l *load) other()      { l.count(func(r *Result) { r.Others++ }) }
func (l *load) sent()       { l.count(func(r *Result) { r.Sent++; l.unanswered++ }) }

func (l *load) answered(n int) {
	l.count(func(r *Result) { r.Answered += n; l.settle(n) })
}

func (l *load) forgotten(n int) { l.count(func(*Result) { l.settle(n) }) }

func (l *load) settle(n int) {
	l.unanswered -= n
	close(l.progress)
	l.progress = make(chan struct{})
}

func (l *load) reset(remote bool) {
	l.count(func(r *Result) {
		if remote {
			r.RemoteResets++
		} else {
			r.Resets++
		}
	})
}

func (l *load) wrong(format string, args ...any) {
	l.count(func(r *Result) {
		r.Wrong++
		if len(r.Unexplained) < 20 {
			r.Unexplained = append(r.Unexplained, fmt.Sprintf(format, args...))
		}
	})
}
