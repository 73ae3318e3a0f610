package memnet

import (
	"sync"
	"time"
)

// deadline is the moment after which the calls of one kind on a socket or a
// listener fail with os.ErrDeadlineExceeded.
type deadline struct {
	expired bool
	event   event
	waiters *sync.Cond // who must look again when it expires
}

func (d *deadline) init(waiters *sync.Cond) {
	d.waiters = waiters
	d.event.fire = func(time.Time) { d.expire() }
}

func (d *deadline) expire() {
	d.expired = true
	d.waiters.Broadcast()
}

// set moves the deadline to t; the zero time means none.
func (d *deadline) set(s *schedule, t time.Time) {
	d.clear(s)
	d.expired = false
	if t.IsZero() {
		return
	}
	// t may lack a monotonic reading: order events by one clock only.
	now := time.Now()
	left := t.Sub(now)
	if left <= 0 {
		d.expire()
		return
	}
	s.add(&d.event, now.Add(left), now)
}

// clear forgets the deadline's event; an expired deadline stays expired.
func (d *deadline) clear(s *schedule) { s.remove(&d.event) }
