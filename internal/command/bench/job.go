package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
)

// job is a stream that keeps a fixed number of requests in flight, phase by phase.
type job struct {
	endpoint *endpoint
	number   uint64 // of the stream within the endpoint
	template *template
	think    time.Duration

	completed atomic.Int64 // replies since ever; the only field that others read while a phase runs

	// What follows belongs to whoever starts a phase until it has sent the first request, then to
	// the reader until done is closed.
	slots     []slot
	remaining int64         // requests to be sent yet
	until     time.Duration // none is sent later
	inFlight  int
	latency   *latency
	decoded   messages.OSDOpReply

	mu     sync.Mutex    // guards what follows
	done   chan struct{} // of the phase
	ended  bool          // done is closed
	failed error         // the first error; no phase is begun after it
}

// slot is a place for one request in flight. Its transaction ids are the job's number, a count of
// its uses, and its index.
type slot struct {
	tid    uint64
	sentAt time.Duration
}

const slotBits = 16

func newJob(e *endpoint, o Options, t *template) *job {
	j := &job{endpoint: e, number: uint64(len(e.streams)), template: t, think: o.Think,
		slots: make([]slot, o.Concurrency)}
	for i := range j.slots {
		j.slots[i].tid = j.number<<streamShift | uint64(i)
	}
	e.streams = append(e.streams, j)
	return j
}

// start begins a phase: ops requests, or, if that is 0, as many as can be sent within d. It is over
// when done is closed.
func (j *job) start(ops int64, d time.Duration, l *latency) {
	j.mu.Lock()
	j.done, j.ended = make(chan struct{}), false
	failed := j.failed
	j.mu.Unlock()
	if failed != nil {
		j.end(failed)
		return
	}
	j.latency = l
	first := len(j.slots)
	if ops == 0 {
		j.remaining = 1<<63 - 1
		j.until = j.endpoint.now() + d
	} else {
		first = int(min(int64(first), ops))
		j.remaining = ops - int64(first)
		j.until = 1<<63 - 1
	}
	j.inFlight = first
	for i := range first {
		j.send(&j.slots[i], j.endpoint.now())
	}
}

func (j *job) send(s *slot, now time.Duration) {
	s.tid += 1 << slotBits
	s.tid = s.tid&(1<<streamShift-1) | j.number<<streamShift
	s.sentAt = now
	if err := j.endpoint.connection.Send(j.template.message(s.tid)); err != nil {
		j.fail(err)
	}
}

// reply takes the reply to one request and sends the next.
func (j *job) reply(m *simplemsgr.Message, now time.Duration) error {
	i := int(m.TID & (1<<slotBits - 1))
	if i >= len(j.slots) || j.slots[i].tid != m.TID {
		return errors.Errorf("the server sent %v, which nobody has asked for", m)
	}
	if err := checkReply(&j.decoded, m); err != nil {
		return err
	}
	s := &j.slots[i]
	j.latency.record(now - s.sentAt)
	j.completed.Add(1)
	if j.think > 0 {
		time.Sleep(j.think)
		now = j.endpoint.now()
	}
	if j.remaining > 0 && now < j.until {
		j.remaining--
		j.send(s, now)
		return nil
	}
	s.tid += 1 << slotBits // nothing more is to come here
	if j.inFlight--; j.inFlight == 0 {
		j.end(nil)
	}
	return nil
}

func (j *job) fail(err error) { j.end(err) }

// end ends the phase.
func (j *job) end(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed == nil {
		j.failed = err
	}
	if j.done != nil && !j.ended {
		j.ended = true
		close(j.done)
	}
}

// over returns what is closed when the phase is over.
func (j *job) over() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.done
}

// wait waits until the phase is over.
func (j *job) wait(ctx context.Context) error {
	select {
	case <-j.over():
	case <-ctx.Done():
		return ctx.Err()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}
