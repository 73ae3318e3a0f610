package bench

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"time"

	"github.com/pkg/errors"
)

// CompareOptions says how long to compare.
type CompareOptions struct {
	Rounds   int           // runs of each, in turn
	Duration time.Duration // of each
	Warmup   time.Duration // before each
	CPU      int           // for the comparisons on one processor; -1 leaves them where they are
	Quick    bool          // the most telling comparisons only
	Workers  int           // of the server
	Pool     bool          // in all comparisons, not only in those that are meant so

	GCPercent, LiveHeap int // see Options
}

// Comparison is what Compare has found.
type Comparison struct {
	Go         string            `json:"go"`
	Processors int               `json:"processors"`
	Rounds     int               `json:"rounds"`
	Seconds    float64           `json:"seconds"` // of each run
	Workers    int               `json:"workers"`
	Pool       bool              `json:"pool"`
	GCPercent  int               `json:"gc_percent"`
	LiveHeap   int               `json:"live_heap_mib"`
	Rows       []CompareRow      `json:"rows"`
	Pipes      []PipesComparison `json:"pipes"`
	Idle       *IdleResult       `json:"idle"`
}

// PipesComparison is the same number in flight over more and more connections.
type PipesComparison struct {
	InFlight int          `json:"in_flight"`
	Rows     []CompareRow `json:"rows"`
}

// CompareRow compares the messenger with the bare loop under one load.
type CompareRow struct {
	Size        int       `json:"size"`
	Jobs        int       `json:"jobs"`
	Concurrency int       `json:"concurrency"`
	Pinned      bool      `json:"pinned"`
	Pool        bool      `json:"pool"`
	Messenger   []*Result `json:"messenger"` // the blocking engine
	Async       []*Result `json:"async"`     // the event engine
	Bare        []*Result `json:"bare"`
	Ratio       Spread    `json:"ratio"` // of op/s, messenger to bare loop, run by run
	CPURatio    Spread    `json:"cpu_ratio"`
	// of the event engine to the bare loop, and to the blocking engine
	AsyncRatio    Spread `json:"async_ratio"`
	AsyncToSimple Spread `json:"async_to_simple"`
	// what Ratio.Median should be at least; 0 for no opinion
	Target    float64 `json:"target,omitempty"`
	Met       bool    `json:"met"`
	CppSimple int     `json:"cpp_simple_ops_per_sec,omitempty"`
	CppAsync  int     `json:"cpp_async_ops_per_sec,omitempty"`

	target target
}

// Compare runs the messenger and the bare loop in turn, each time with two new processes.
func Compare(ctx context.Context, c CompareOptions, self Program,
	progress Progress) (*Comparison, error) {
	r := &Comparison{Go: runtime.Version(), Processors: runtime.NumCPU(), Rounds: c.Rounds,
		Seconds: c.Duration.Seconds(), Workers: c.Workers, Pool: c.Pool,
		GCPercent: c.GCPercent, LiveHeap: c.LiveHeap}
	loads := slices.Clone(targets)
	spreads, connections := pipesTargets, 1000
	if c.Quick {
		loads = slices.DeleteFunc(loads, func(t target) bool { return !t.quick })
		spreads, connections = []pipesTarget{{1000, []int{1, 100}}}, 200
	}
	first := len(loads)
	for _, s := range spreads {
		for _, n := range s.pipes {
			loads = append(loads, target{jobs: n, concurrency: s.inFlight / n})
		}
	}
	var rows []CompareRow
	for i, t := range loads {
		row, err := compareRow(ctx, c, t, self, progress.part(i, len(loads)+1, ""))
		if err != nil {
			return nil, err
		}
		rows = append(rows, *row)
	}
	r.Rows, rows = rows[:first:first], rows[first:]
	for _, s := range spreads {
		r.Pipes = append(r.Pipes, PipesComparison{s.inFlight, rows[:len(s.pipes)]})
		rows = rows[len(s.pipes):]
	}
	var err error
	idle := IdleOptions{Connections: connections, AtOnce: 64, Hold: c.Duration}
	r.Idle, err = RunIdle(ctx, idle, self, progress.part(len(loads), len(loads)+1,
		"idle connections"))
	return r, errors.WithMessage(err, "idle connections")
}

func compareRow(ctx context.Context, c CompareOptions, t target, self Program,
	progress Progress) (*CompareRow, error) {
	if err := NeedFiles(t.jobs + 64); err != nil {
		return nil, err
	}
	row := &CompareRow{Size: t.size, Jobs: t.jobs, Concurrency: t.concurrency, Pinned: t.pinned &&
		c.CPU >= 0, Pool: t.pool || c.Pool,
		Target: t.ratio, CppSimple: t.simple, CppAsync: t.async, target: t}
	o := Options{Jobs: t.jobs, Concurrency: t.concurrency, Size: t.size, Duration: c.Duration,
		Warmup:  c.Warmup,
		Workers: c.Workers, Pool: row.Pool, CRC: t.crc, GCPercent: c.GCPercent,
		LiveHeap: c.LiveHeap}.WithDefaults()
	events := o
	if err := events.Engine.Set("async,shared"); err != nil {
		return nil, err
	}
	if t.jobs*t.concurrency > 10000 {
		// Else what is in flight at the end of the warm-up is most of what is counted.
		o.Duration, o.Warmup = max(o.Duration, time.Second), max(o.Warmup, time.Second)
	}
	cpu := -1
	if row.Pinned {
		cpu = c.CPU
	}
	var ratios, cpuRatios, async, engines []float64
	for round := range c.Rounds {
		progress.step(row.name(), float64(round)/float64(c.Rounds))
		messenger, err := runChild(ctx, self, childPair, o, cpu)
		if err != nil {
			return nil, errors.WithMessagef(err, "messenger, %s", row.name())
		}
		onEvents, err := runChild(ctx, self, childPair, events, cpu)
		if err != nil {
			return nil, errors.WithMessagef(err, "event engine, %s", row.name())
		}
		bare, err := runChild(ctx, self, childBare, o, cpu)
		if err != nil {
			return nil, errors.WithMessagef(err, "bare loop, %s", row.name())
		}
		row.Messenger, row.Bare = append(row.Messenger, messenger), append(row.Bare, bare)
		row.Async = append(row.Async, onEvents)
		async = append(async, onEvents.OpsPerSec/bare.OpsPerSec)
		engines = append(engines, onEvents.OpsPerSec/messenger.OpsPerSec)
		ratios = append(ratios, messenger.OpsPerSec/bare.OpsPerSec)
		cpuRatios = append(cpuRatios, messenger.cpu()/bare.cpu())
	}
	row.Ratio, row.CPURatio = spreadOf(ratios), spreadOf(cpuRatios)
	row.AsyncRatio, row.AsyncToSimple = spreadOf(async), spreadOf(engines)
	row.Met = row.Target > 0 && row.Ratio.Median >= row.Target
	return row, nil
}

// runChild runs this program and reads the result that it prints.
func runChild(ctx context.Context, self Program, kind childKind, o Options,
	cpu int) (*Result, error) {
	cmd, err := self.command(ctx, child{Kind: kind, Options: o, CPU: cpu})
	if err != nil {
		return nil, err
	}
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.WithStack(err)
	}
	r := new(Result)
	return r, errors.Wrapf(json.Unmarshal(out, r), "a run printed %q", out)
}
