package bench

import (
	"context"
	"time"

	"github.com/pkg/errors"
)

// load is something that makes requests: over a messenger, or over a bare socket.
type load interface {
	// begin starts a phase of ops requests a job, or of d if that is 0.
	begin(ops int64, d time.Duration)
	// wait waits until all replies of the phase have come.
	wait(ctx context.Context) error
	// completed returns the number of replies since ever.
	completed() int64
	// latencies returns the distribution of the phase that is over.
	latencies() *latency
	close()
}

// Peer is the server of a load, wherever it runs.
type Peer interface {
	// Usage returns what the server's process has used so far.
	Usage() (Usage, error)
}

// How long a run goes on without any reply, before the first one and later.
const (
	connectPatience = 10 * time.Second
	patience        = 30 * time.Second
)

const connecting = "connecting"

// samplePeriod is how often throughput is noted.
const samplePeriod = 50 * time.Millisecond

// measure opens the connections, and runs the warm-up and the window.
func measure(ctx context.Context, l load, server Peer, o Options,
	progress Progress) (*Result, error) {
	l.begin(1, 0)
	if _, err := watch(ctx, l, connecting, nil, progress); err != nil {
		return nil, err
	}
	if o.Warmup > 0 {
		l.begin(0, o.Warmup)
		if _, err := watch(ctx, l, "warm-up", nil, progress); err != nil {
			return nil, err
		}
	}
	serverBefore, err := usageOf(server)
	if err != nil {
		return nil, err
	}
	before, completed := ProcessUsage(), l.completed()
	start := time.Now()
	l.begin(o.Ops, o.Duration)
	timeline, err := watch(ctx, l, "measuring", o.done, progress)
	if err != nil {
		return nil, err
	}
	elapsed := time.Since(start)
	after := ProcessUsage()
	serverAfter, err := usageOf(server)
	if err != nil {
		return nil, err
	}
	ops := l.completed() - completed
	answered := int64(serverAfter.Answered - serverBefore.Answered)
	if server != nil && answered != ops {
		return nil, errors.Errorf("the server has answered %d requests, %d replies came", answered,
			ops)
	}
	r := newResult(o, ops, elapsed, l.latencies().summary(), timeline)
	r.setClient(before, after)
	r.setServer(serverBefore, serverAfter)
	r.remote = server == nil
	return r, nil
}

// done returns how much of the window has passed.
func (o *Options) done(elapsed time.Duration, completed int64) float64 {
	if o.Ops > 0 {
		return float64(completed) / float64(o.Ops*int64(o.Jobs))
	}
	return elapsed.Seconds() / o.Duration.Seconds()
}

func usageOf(server Peer) (Usage, error) {
	if server == nil {
		return Usage{}, nil
	}
	return server.Usage()
}

// Sample is throughput over one period.
type Sample struct {
	At        time.Duration // end of the period
	OpsPerSec float64
}

// watch waits for the end of a phase, notes throughput, and gives up when nothing moves any more.
// The function fraction, if there is one, says how far the phase is.
func watch(ctx context.Context, l load, phase string, fraction func(time.Duration, int64) float64,
	progress Progress) ([]Sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	over := make(chan error, 1)
	go func() { over <- l.wait(ctx) }()

	ticker := time.NewTicker(samplePeriod)
	defer ticker.Stop()
	limit := patience
	if phase == connecting {
		limit = connectPatience
	}
	var timeline []Sample
	start := time.Now()
	first := l.completed()
	count, at, moved := first, start, start
	for {
		select {
		case err := <-over:
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return timeline, err
		case now := <-ticker.C:
			n := l.completed()
			if n != count {
				moved = now
			} else if now.Sub(moved) > limit {
				cancel(errors.Errorf("%s: no reply for %v", phase, limit))
			}
			timeline = append(timeline, Sample{now.Sub(start),
				float64(n-count) / now.Sub(at).Seconds()})
			count, at = n, now
			done := 0.0
			if fraction != nil {
				done = fraction(now.Sub(start), n-first)
			}
			progress.rate(phase, n-first, now.Sub(start), done)
		}
	}
}
