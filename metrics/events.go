package metrics

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simplemessenger/protocol"
	"simplemessenger/trace"
)

var (
	faults = describe("faults_total",
		"Sockets, and attempts to get one, that were given up. cause=\"goodbye\" is a peer that left.",
		"stage", "cause")
	decisions = describe("decisions_total",
		"Answers to peers that connect, by the case of the decision table.", "case")
	resets = describe("resets_total",
		"Sessions that ended (reset) or begin anew (remote_reset), as users are told.",
		"kind", "reason")
	opened = describe("sessions_opened_total",
		"Sessions opened over a socket, again after a fault included.", "side")
	acceptFailures = describe("accept_failures_total",
		"Sockets that could not be accepted, or were closed at once.", "cause")
	dropped = describe("messages_dropped_total",
		"Messages read and not delivered.", "reason")
	unhandled = describe("messages_unhandled_total", "Messages that no dispatcher took.")
	lost      = describe("queue_dropped_messages_total",
		"Messages dropped from out queues because their session ended or began anew.")
	stuck = describe("stuck_sessions_total",
		"Sessions found to end socket after socket over one message.", "direction")
	evictions    = describe("evictions_total", "Idle sessions that had to give way.")
	panics       = describe("panics_total", "Panics of the program's code that were recovered.")
	throttleTime = describe("throttle_wait_seconds_total",
		"Time that readers have waited for room.", "throttle")
)

// MaxThrottles is how many throttles have a label of their own at most.
const MaxThrottles = 64

// events counts what does not come with each message.
type events struct {
	faults, decisions, resets, opened, acceptFailures, dropped, stuck *table
	unhandled, lost, evictions, panics                                *atomic.Uint64
	throttles                                                         *durations
}

func newEvents() events {
	var stages, cases, reasons []string
	for _, s := range protocol.Stages() {
		stages = append(stages, s.String())
	}
	for _, c := range protocol.Cases() {
		cases = append(cases, c.String())
	}
	for e := range protocol.Exits {
		reasons = append(reasons, protocol.Exit(e).String())
	}
	reasons = append(reasons, protocol.Losses[:]...)
	return events{
		faults:         newTable(faults, stages, causeNames()),
		decisions:      newTable(decisions, cases),
		resets:         newTable(resets, []string{"reset", "remote_reset"}, reasons),
		opened:         newTable(opened, []string{"accept", "connect"}),
		acceptFailures: newTable(acceptFailures, causeNames()),
		dropped:        newTable(dropped, []string{"duplicate", "aborted by sender"}),
		stuck:          newTable(stuck, []string{"incoming", "outgoing"}),
		unhandled:      new(atomic.Uint64), lost: new(atomic.Uint64),
		evictions: new(atomic.Uint64), panics: new(atomic.Uint64),
		throttles: &durations{byName: map[string]time.Duration{}},
	}
}

// Trace implements trace.Tracer.
func (c *Collector) Trace(r trace.Record) {
	all := &c.events
	switch e := r.Event.(type) {
	case trace.Faulted:
		cause := goodbye
		if !e.Goodbye {
			cause = causeOf(e.Err)
		}
		all.faults.count(e.Stage.String(), cause)
	case trace.Decided:
		all.decisions.count(e.Case.String())
	case trace.EventQueued:
		if e.Kind == "reset" || e.Kind == "remote_reset" {
			all.resets.count(e.Kind, e.Reason)
		}
	case trace.Opened:
		all.opened.count(either(e.Incoming, "accept", "connect"))
	case trace.AcceptFailed:
		all.acceptFailures.count(causeOf(e.Err))
	case trace.MessageDropped:
		all.dropped.count(e.Reason)
	case trace.Stuck:
		all.stuck.count(either(e.Incoming, "incoming", "outgoing"))
	case trace.Unhandled:
		all.unhandled.Add(1)
	case trace.QueueDropped:
		all.lost.Add(uint64(e.Messages))
	case trace.SessionReset:
		all.lost.Add(uint64(e.Dropped))
	case trace.Evicted:
		all.evictions.Add(1)
	case trace.Panicked:
		all.panics.Add(1)
	case trace.ThrottleWaited:
		all.throttles.add(e.Throttle, e.Waited)
	}
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func (e *events) collect(to chan<- prometheus.Metric) {
	for _, t := range []*table{e.faults, e.decisions, e.resets, e.opened, e.acceptFailures,
		e.dropped, e.stuck} {
		t.collect(to)
	}
	counter(to, unhandled, e.unhandled.Load())
	counter(to, lost, e.lost.Load())
	counter(to, evictions, e.evictions.Load())
	counter(to, panics, e.panics.Load())
	e.throttles.collect(to)
}

// durations adds times up by name: the first MaxThrottles names, then "other". A throttle has the
// name that the program gave it.
type durations struct {
	mu     sync.Mutex
	byName map[string]time.Duration
}

func (d *durations) add(name string, t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.byName[bounded(d.byName, name)] += t
}

func (d *durations) collect(to chan<- prometheus.Metric) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, t := range d.byName {
		to <- prometheus.MustNewConstMetric(throttleTime, prometheus.CounterValue, t.Seconds(),
			name)
	}
}

// bounded returns name as a label, or "other" if it were one too many among those that there are.
func bounded[V any](have map[string]V, name string) string {
	name = strings.ToValidUTF8(name, "?")
	if _, ok := have[name]; ok || len(have) < MaxThrottles {
		return name
	}
	return other
}
