package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
)

var (
	sessions = describe("sessions",
		"Sessions, and sockets that are yet to become some, by state and policy.",
		"state", "policy")
	outMessages     = describe("out_queue_messages", "Messages that wait to be written.")
	outBytes        = describe("out_queue_bytes", "Payload of those messages.")
	unackedMessages = describe("unacked_messages",
		"Messages sent over lossless sessions and not acked.")
	unackedBytes = describe("unacked_bytes", "Payload of those messages.")
	heldBytes    = describe("held_bytes",
		"What all out queues hold, sent and not acked included, as QueueLimitTotal counts it.")
	limited = describe("sessions_waiting_for_acks",
		"Sessions that have reached the limit of what may be sent and not acked.")
	stuckNow = describe("sessions_stuck",
		"Sessions that end socket after socket over one message.")
	queueMessages = describe("dispatch_queue_messages",
		"Messages in the dispatch queue, those to oneself included.")
	queueEvents = describe("dispatch_queue_events", "Connection events in the dispatch queue.")
	queueAge    = describe("dispatch_queue_oldest_seconds",
		"How long the oldest message of the dispatch queue has waited.")
	throttleCurrent = describe("throttle_current",
		"What is taken from a throttle, in its own unit: bytes or messages.", "throttle")
	throttleMax = describe("throttle_limit",
		"The limit of a throttle in its own unit; 0 for none.", "throttle")
	throttleWaiters = describe("throttle_waiters",
		"Readers that wait for a throttle.", "throttle")
)

// policyNone is the policy of a socket whose peer is not let in yet.
const policyNone = "none"

// policies are the values of the label "policy", "other" last: then flags were set by hand.
var policies = append(append([]string{policyNone}, simplemsgr.PolicyNames()...), other)

// states are the values of the label "state" but "other".
var states = func() (names []string) {
	for s := protocol.Accepting; s <= protocol.Closed; s++ {
		names = append(names, s.String())
	}
	return names
}()

// policyOf returns one of policies.
func policyOf(s *session.Snapshot) string {
	if s.Session == nil {
		return policyNone
	}
	for _, name := range simplemsgr.PolicyNames() {
		p, _ := simplemsgr.PolicyByName(name)
		if p.Lossy == s.Lossy && p.Server == s.Server && p.Standby == s.Standby &&
			p.ResetCheck == s.ResetCheck {
			return name
		}
	}
	return other
}

// seenPolicies are those that sessions have had. Of them all states are shown, so that a count goes
// to 0 and does not vanish.
type seenPolicies struct {
	mu   sync.Mutex
	seen map[string]bool
}

// add adds those of counts and returns all.
func (s *seenPolicies) add(counts map[[2]string]int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	for key := range counts {
		s.seen[key[1]] = true
	}
	var all []string
	for _, name := range policies {
		if s.seen[name] {
			all = append(all, name)
		}
	}
	return all
}

// collectDump tells of sessions, queues and throttles.
func (c *Collector) collectDump(to chan<- prometheus.Metric, d simplemsgr.Dump) {
	counts := map[[2]string]int{}
	var sum session.SessionSnapshot
	var waiting, stuck int
	for i := range d.Pipes {
		p := &d.Pipes[i]
		counts[[2]string{p.State, policyOf(p)}]++
		s := p.Session
		if s == nil {
			continue
		}
		sum.Queued += s.Queued
		sum.QueuedBytes += s.QueuedBytes
		sum.Sent += s.Sent
		sum.SentBytes += s.SentBytes
		if s.SentLimit {
			waiting++
		}
		if s.Stuck != "" {
			stuck++
		}
	}
	for _, policy := range c.policies.add(counts) {
		for _, state := range states {
			gauge(to, sessions, counts[[2]string{state, policy}], state, policy)
		}
	}
	gauge(to, outMessages, sum.Queued)
	gauge(to, outBytes, sum.QueuedBytes)
	gauge(to, unackedMessages, sum.Sent)
	gauge(to, unackedBytes, sum.SentBytes)
	gauge(to, heldBytes, d.OutQueues)
	gauge(to, limited, waiting)
	gauge(to, stuckNow, stuck)
	gauge(to, queueMessages, d.Queue.Messages+d.Queue.Local)
	gauge(to, queueEvents, d.Queue.Events)
	gauge(to, queueAge, d.Queue.OldestAge.Seconds())
	collectThrottles(to, d.Throttles)
}

// collectThrottles tells of throttles by their names. Those of one name count together.
func collectThrottles(to chan<- prometheus.Metric, all []simplemsgr.ThrottleDump) {
	byName := map[string]simplemsgr.ThrottleDump{}
	for _, t := range all {
		name := bounded(byName, t.Name)
		sum := byName[name]
		sum.Current += t.Current
		sum.Max += t.Max
		sum.Waiters += t.Waiters
		byName[name] = sum
	}
	for name, t := range byName {
		gauge(to, throttleCurrent, t.Current, name)
		gauge(to, throttleMax, t.Max, name)
		gauge(to, throttleWaiters, t.Waiters, name)
	}
}
