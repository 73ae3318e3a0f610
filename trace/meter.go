package trace

import (
	"sync/atomic"
	"time"
)

// Metered is a Tracer that has messages counted. A Record of an event costs an allocation and a
// look at the clock, which is nothing for what happens to a connection, and much for what happens
// to each message. A messenger counts messages in the Meter instead, at the cost of some atomic
// additions, and gives the tracer no Record of the events that Frequent names.
type Metered interface {
	Tracer
	// Meter returns where to count. It is asked once by each messenger.
	Meter() *Meter
}

// stripes is how many sets of counters a Meter has. Pipes that run at the same moment mostly have
// different ones, so that processors do not fight for one line of memory.
const stripes = 16

// Meter counts messages by the class of their type, and how long they wait for their dispatch. It
// takes no locks and no memory to count; all methods may be called by many goroutines at once.
// NewMeter makes one.
type Meter struct {
	classes        []uint16 // by type
	sent, received [stripes][]flow
	resent         atomic.Uint64
	waits          [stripes]waits
}

// flow counts what goes one way.
type flow struct{ messages, bytes atomic.Uint64 }

func (f *flow) count(payload uint64) {
	f.messages.Add(1)
	if payload > 0 {
		f.bytes.Add(payload)
	}
}

// NewMeter returns a Meter that counts in n classes, at least one. ClassOf has the class of each
// type of messages; types beyond its end, and those whose class is not below n, are of class 0.
func NewMeter(n int, classOf []uint16) *Meter {
	n = max(n, 1)
	m := &Meter{classes: make([]uint16, len(classOf))}
	for t, class := range classOf {
		if int(class) < n {
			m.classes[t] = class
		}
	}
	for i := range stripes {
		m.sent[i], m.received[i] = make([]flow, n), make([]flow, n)
	}
	return m
}

func (m *Meter) class(messageType uint16) int {
	if int(messageType) >= len(m.classes) {
		return 0
	}
	return int(m.classes[messageType])
}

// CountSent counts a message that was handed to the socket of a pipe, as MessageSent tells. Payload
// is the length of its parts in bytes.
func (m *Meter) CountSent(pipe uint64, messageType uint16, payload uint64, resent bool) {
	m.sent[pipe%stripes][m.class(messageType)].count(payload)
	if resent {
		m.resent.Add(1)
	}
}

// CountReceived counts a whole and valid message, as MessageReceived tells.
func (m *Meter) CountReceived(pipe uint64, messageType uint16, payload uint64) {
	m.received[pipe%stripes][m.class(messageType)].count(payload)
}

// CountFast counts a message that was dispatched in the reader.
func (m *Meter) CountFast(connection uint64) { m.waits[connection%stripes].fast.Add(1) }

// CountQueued counts a message that was dispatched from the queue, so long after its reception.
func (m *Meter) CountQueued(connection uint64, wait time.Duration) {
	m.waits[connection%stripes].observe(wait)
}

// Flow is a number of messages, and the bytes of their payload.
type Flow struct{ Messages, Bytes uint64 }

// MeterSnapshot is a copy of what a Meter has counted. It is right for each counter, not across
// them.
type MeterSnapshot struct {
	Sent, Received []Flow // by class
	Resent         uint64 // of those sent
	Fast           uint64 // dispatched in the reader
	Queued         Waits  // dispatched from the queue
}

// Snapshot returns what was counted so far.
func (m *Meter) Snapshot() MeterSnapshot {
	s := MeterSnapshot{Sent: sum(&m.sent), Received: sum(&m.received), Resent: m.resent.Load(),
		Queued: Waits{Buckets: map[int]uint64{}}}
	for i := range m.waits {
		s.Fast += m.waits[i].fast.Load()
		m.waits[i].addTo(&s.Queued)
	}
	return s
}

func sum(all *[stripes][]flow) []Flow {
	sums := make([]Flow, len(all[0]))
	for i := range all {
		for class := range all[i] {
			sums[class].Bytes += all[i][class].bytes.Load()
			sums[class].Messages += all[i][class].messages.Load()
		}
	}
	return sums
}
