package bench

import (
	"fmt"
	"io"
)

// name says what the load is.
func (r *CompareRow) name() string {
	where := "all CPUs"
	if r.Pinned {
		where = "one CPU"
	}
	if r.Pool {
		where += ", pooled"
	}
	return fmt.Sprintf("%s, %d×%d, %s", sizeText(r.Size), r.Jobs, r.Concurrency, where)
}

// WriteText writes r for a human.
func (r *Comparison) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, `Blocking engine, event engine and a bare TCP loop in turn, %d times each, %.1f s a run, two processes a run,
%s, %d processors, server workers %d, GC percent %d. Figures are min / median / max, ratios run by run: median (min–max).
The C++ figures are Ceph 12.2.8's own benchmark on another day: compare ratios with the target, not op/s with op/s.

`, r.Rounds, r.Seconds, r.Go, r.Processors, r.Workers, r.GCPercent); err != nil {
		return err
	}
	for i, part := range []func(io.Writer) error{r.writeRates, r.writeCosts, r.writePipes,
		r.writeIdle} {
		if i > 0 {
			if _, err := fmt.Fprintf(w, "\n%s\n", compareTitles[i]); err != nil {
				return err
			}
		}
		if err := part(w); err != nil {
			return err
		}
	}
	return nil
}

var compareTitles = [...]string{"", "CPU time",
	"Many connections, the same number in flight, no data", ""}

func (s Spread) rates() string {
	return fmt.Sprintf("%s / %s / %s", rateText(s.Min), rateText(s.Median), rateText(s.Max))
}

func (s Spread) ratios() string {
	if s.Min == s.Max {
		return fmt.Sprintf("%.2f", s.Median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Min, s.Max)
}

// rateText writes operations per second with about three digits.
func rateText(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 1e3:
		return fmt.Sprintf("%.0f", v)
	case v < 1e5:
		return fmt.Sprintf("%.1fk", v/1e3)
	}
	return fmt.Sprintf("%.0fk", v/1e3)
}

func (r *Comparison) writeRates(w io.Writer) error {
	t := table{head: []string{"data, jobs×in flight", "blocking op/s", "event op/s",
		"bare loop op/s", "blocking to bare", "target", "", "event to bare", "event to blocking",
		"C++ simple", "C++ async"}}
	for i := range r.Rows {
		row := &r.Rows[i]
		bare := spread(row.Bare, rate).rates()
		if row.target.crc {
			bare = "crc " + bare
		}
		target, met := "", ""
		if row.Target > 0 {
			target, met = fmt.Sprintf("≥ %.2f", row.Target), "missed"
			if row.Met {
				met = "met"
			}
		}
		t.row(row.name(), spread(row.Messenger, rate).rates(), spread(row.Async, rate).rates(),
			bare, row.Ratio.ratios(), target, met, row.AsyncRatio.ratios(),
			row.AsyncToSimple.ratios(),
			rateText(float64(row.CppSimple)), rateText(float64(row.CppAsync)))
	}
	return t.write(w)
}

func (r *Comparison) writeCosts(w io.Writer) error {
	t := table{head: []string{"client + server, medians", "blocking µs/op", "event µs/op",
		"bare loop µs/op", "blocking to bare", "C++ simple", "C++ async", "p50 µs", "p99 µs",
		"allocations/op", "reads and writes/op"}}
	sum := func(c [2]float64) string {
		if c[0] == 0 {
			return ""
		}
		return fmt.Sprintf("%.1f + %.1f", c[0], c[1])
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		median := func(runs []*Result, figure func(*Result) float64) float64 {
			return spread(runs, figure).Median
		}
		cpu := func(runs []*Result) string {
			return sum([2]float64{median(runs, func(r *Result) float64 { return r.ClientCPU }),
				median(runs, func(r *Result) float64 {
					return r.ServerCPU
				})})
		}
		m := row.Messenger
		t.row(row.name(), cpu(m), cpu(row.Async), cpu(row.Bare), row.CPURatio.ratios(),
			sum(row.target.simpleCPU), sum(row.target.asyncCPU),
			fmt.Sprintf("%.0f", median(m, func(r *Result) float64 { return r.P50 })),
			fmt.Sprintf("%.0f", median(m, func(r *Result) float64 {
				return r.P99
			})),
			fmt.Sprintf("%.1f + %.1f", median(m, func(r *Result) float64 { return r.ClientAllocs }),
				median(m, func(r *Result) float64 {
					return r.ServerAllocs
				})),
			fmt.Sprintf("%.2f + %.2f", median(m,
				func(r *Result) float64 { return r.ClientIOCalls }),
				median(m, func(r *Result) float64 {
					return r.ServerIOCalls
				})))
	}
	return t.write(w)
}

func (r *Comparison) writePipes(w io.Writer) error {
	for i := range r.Pipes {
		if err := r.Pipes[i].write(w); err != nil {
			return err
		}
	}
	return nil
}

func (p *PipesComparison) write(w io.Writer) error {
	t := table{head: []string{fmt.Sprintf("%d in flight", p.InFlight), "blocking op/s",
		"of the first", "event op/s", "of the first", "bare loop op/s", "of the first",
		"blocking to bare", "event to bare", "event to blocking"}}
	byJobs := map[int]*CompareRow{}
	for i := range p.Rows {
		row, first := &p.Rows[i], &p.Rows[0]
		byJobs[row.Jobs] = row
		share := func(runs, of []*Result) string {
			return fmt.Sprintf("%.2f", spread(runs, rate).Median/spread(of, rate).Median)
		}
		t.row(fmt.Sprintf("%d×%d", row.Jobs, row.Concurrency), spread(row.Messenger, rate).rates(),
			share(row.Messenger, first.Messenger),
			spread(row.Async, rate).rates(), share(row.Async, first.Async),
			spread(row.Bare, rate).rates(), share(row.Bare, first.Bare), row.Ratio.ratios(),
			row.AsyncRatio.ratios(), row.AsyncToSimple.ratios())
	}
	if err := t.write(w); err != nil {
		return err
	}
	few, many := byJobs[fewPipes], byJobs[manyPipes]
	if few == nil || many == nil {
		return nil
	}
	fall := func(few, many []*Result) float64 {
		return 1 - spread(many, rate).Median/spread(few, rate).Median
	}
	met := "met"
	if fall(few.Messenger, many.Messenger) >= pipesFall {
		met = "missed"
	}
	_, err := fmt.Fprintf(w, "  from %d to %d connections the blocking engine loses %.0f %%, the "+
		"event engine %.0f %%, the bare loop %.0f %%; target < %.0f %%: %s\n\n", fewPipes, manyPipes,
		100*fall(few.Messenger, many.Messenger), 100*fall(few.Async, many.Async),
		100*fall(few.Bare, many.Bare), 100*pipesFall, met)
	return err
}

func (r *Comparison) writeIdle(w io.Writer) error {
	if err := r.Idle.WriteText(w); err != nil {
		return err
	}
	c := idleTarget
	_, err := fmt.Fprintf(w, "  C++, 1000 connections, at the server: simple %.0f KiB and two "+
		"kernel stacks of 16 KiB, async %.0f KiB; CPU to open, both ends: simple %.0f µs, async "+
		"%.0f µs\n",
		c.simpleKiB, c.asyncKiB, c.simpleOpen, c.asyncOpen)
	return err
}
