package trace

import "sync"

// Recorder keeps every record in memory, for tests and timelines. The zero value is ready.
type Recorder struct {
	mu      sync.Mutex
	records []Record
	waiters []*waiter
}

type waiter struct {
	match func(Record) bool
	found chan Record
}

// Trace implements Tracer.
func (r *Recorder) Trace(rec Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
	rest := r.waiters[:0]
	for _, w := range r.waiters {
		if w.match(rec) {
			w.found <- rec // one slot, one record
		} else {
			rest = append(rest, w)
		}
	}
	r.waiters = rest
}

// Records returns a copy of what was recorded so far.
func (r *Recorder) Records() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Record(nil), r.records...)
}

// Expect returns a channel that yields the first record that satisfies match, of those already
// recorded or of those to come.
func (r *Recorder) Expect(match func(Record) bool) <-chan Record {
	found := make(chan Record, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range r.records {
		if match(rec) {
			found <- rec
			return found
		}
	}
	r.waiters = append(r.waiters, &waiter{match, found})
	return found
}

// OfConnection returns those of records that are of the connection with that number
// (Connection.ID), in order.
func OfConnection(records []Record, id uint64) []Record {
	var of []Record
	for _, rec := range records {
		if rec.Connection == id {
			of = append(of, rec)
		}
	}
	return of
}

// Of returns the events of type E among records, in order.
func Of[E Event](records []Record) []E {
	var events []E
	for _, rec := range records {
		if e, ok := rec.Event.(E); ok {
			events = append(events, e)
		}
	}
	return events
}
