package bench

import (
	"context"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// PriorityOptions says what a message of high priority is to overtake.
type PriorityOptions struct {
	Backlog  int64         // bytes of messages of low priority that are queued all the time
	Size     int           // of each of them
	Samples  int           // messages of high priority
	Interval time.Duration // pause between them
	Queue    bool          // the server takes messages from its dispatch queue

	// Of the sockets in the case that bounds their buffers, as in Options.
	ReceiveBuffer, NotSentLowWater int
}

// PriorityResult has the times from sending a message of high priority to its reply, which has high
// priority as well.
type PriorityResult struct {
	Backlog int64          `json:"backlog_bytes"`
	Size    int            `json:"size"`
	Cases   []PriorityCase `json:"cases"`
}

// PriorityCase is one arrangement.
type PriorityCase struct {
	Name string `json:"name"`
	Latency
	// Wait is how long the messenger let the message wait before it was taken to be written,
	// MaxAhead how many bytes of low priority were taken after it was sent and before it. What was
	// taken earlier, and is still being written, is one write at most.
	Wait        Latency `json:"wait"`
	MaxAhead    int64   `json:"max_ahead_bytes"`
	LowMBPerSec float64 `json:"low_mb_per_sec"` // throughput of what is overtaken
}

// RunPriority measures four cases: without a backlog, with it on the same connection, the same with
// small buffers in the sockets, and with the backlog on another connection between the same two
// processes.
func RunPriority(ctx context.Context, p PriorityOptions, self Program,
	progress Progress) (*PriorityResult, error) {
	o := Options{Jobs: 1, Concurrency: int(p.Backlog / int64(max(p.Size, 1))), Size: p.Size,
		Queue: p.Queue}.WithDefaults()
	if err := o.Check(); err != nil {
		return nil, errors.WithMessage(err, "backlog")
	}
	r := &PriorityResult{Backlog: p.Backlog, Size: p.Size}
	for place, name := range backlogPlaces {
		o := o
		if backlogPlace(place) == backlogSameBounded {
			o.ReceiveBuffer, o.NotSentLowWater = p.ReceiveBuffer, p.NotSentLowWater
		}
		result, err := runPriorityCase(ctx, p, o, backlogPlace(place), self,
			progress.part(place, len(backlogPlaces), name))
		if err != nil {
			return nil, errors.WithMessage(err, name)
		}
		result.Name = name
		r.Cases = append(r.Cases, *result)
	}
	return r, nil
}

type backlogPlace int

const (
	backlogNowhere backlogPlace = iota
	backlogSame
	backlogSameBounded
	backlogOther
)

var backlogPlaces = [...]string{"no backlog", "backlog on the same connection",
	"same, bounded socket buffers", "backlog on another connection"}

func runPriorityCase(ctx context.Context, p PriorityOptions, o Options, place backlogPlace,
	self Program, progress Progress) (*PriorityCase, error) {
	server, err := startServer(ctx, self, childServer, o)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	l := &messengerLoad{shares: []*latency{newLatency()}}
	defer l.close()
	watched := o
	watched.watch = newSendWatch()
	client, err := newEndpoint(0, watched, nil)
	if err != nil {
		return nil, err
	}
	one := Options{Concurrency: 1}
	high := newJob(client, one, newTemplate(0, wire.PriorityHigh))
	l.jobs = append(l.jobs, high)
	var low *job
	if place != backlogNowhere {
		at := client
		if place == backlogOther {
			if at, err = newEndpoint(1, o, nil); err != nil {
				return nil, err
			}
		}
		low = newJob(at, o, newTemplate(p.Size, wire.PriorityLow))
		l.jobs = append(l.jobs, low)
		if err := at.connect(server.Addr); err != nil {
			return nil, err
		}
	}
	if err := client.connect(server.Addr); err != nil {
		return nil, err
	}
	l.begin(1, 0)
	if _, err := watch(ctx, l, connecting, nil, nil); err != nil {
		return nil, err
	}
	return sampleHigh(ctx, p, high, low, watched.watch, progress)
}

// sampleHigh sends one message of high priority after the other while the backlog is kept up.
func sampleHigh(ctx context.Context, p PriorityOptions, high, low *job, watch *sendWatch,
	progress Progress) (*PriorityCase, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if low != nil {
		// For longer than this takes; the messengers are closed under it.
		low.start(0, 24*time.Hour, newLatency())
		if err := settled(ctx, low, int64(len(low.slots))); err != nil {
			return nil, err
		}
	}
	times := newLatency()
	start := time.Now()
	var before int64
	if low != nil {
		before = low.completed.Load()
	}
	pause := time.NewTicker(p.Interval)
	defer pause.Stop()
	for n := range p.Samples {
		watch.expect()
		high.start(1, 0, times)
		waiting, stop := context.WithTimeout(ctx, patience)
		err := high.wait(waiting)
		stop()
		if err != nil {
			return nil, err
		}
		progress.rate("messages of high priority", int64(n+1), time.Since(start),
			float64(n+1)/float64(p.Samples))
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	c := &PriorityCase{Latency: times.summary(), Wait: watch.waits.summary(),
		MaxAhead: watch.maxAhead}
	if low != nil {
		c.LowMBPerSec = float64(low.completed.Load()-before) * float64(p.Size) / 1e6 / time.Since(
			start).Seconds()
	}
	return c, nil
}

// settled waits until n requests of the backlog were answered: by then its beginning has passed.
func settled(ctx context.Context, low *job, n int64) error {
	tick := time.NewTicker(samplePeriod)
	defer tick.Stop()
	for begun := low.completed.Load(); low.completed.Load() < begun+n; {
		select {
		case <-tick.C:
		case <-low.over():
			return low.wait(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
