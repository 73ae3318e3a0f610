package bench

import (
	"sync"
	"time"

	"simplemessenger/trace"
	"simplemessenger/wire"
)

// sendWatch sees, as the tracer of a client, how long a message of high priority waits within the
// messenger until it is encoded to be written, and what of low priority is taken before it.
type sendWatch struct {
	mu       sync.Mutex
	low      int64     // bytes of low priority that were taken, since ever
	sentAt   time.Time // of the message that is watched; zero if there is none
	lowAt    int64     // low at that time
	waits    *latency
	maxAhead int64
}

func newSendWatch() *sendWatch { return &sendWatch{waits: newLatency()} }

// expect is called right before a message of high priority is sent.
func (w *sendWatch) expect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sentAt, w.lowAt = time.Now(), w.low
}

// Trace takes an event of the client.
func (w *sendWatch) Trace(r trace.Record) {
	sent, ok := r.Event.(trace.MessageSent)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if sent.Header.Priority != wire.PriorityHigh {
		w.low += int64(sent.Header.PayloadLen())
		return
	}
	if !w.sentAt.IsZero() {
		w.waits.record(r.Time.Sub(w.sentAt))
		w.maxAhead = max(w.maxAhead, w.low-w.lowAt)
		w.sentAt = time.Time{}
	}
}
