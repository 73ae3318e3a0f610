package session

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"simplemessenger/protocol"
)

// delayLine holds received messages whose delivery is put off on purpose (ms_inject_delay_*), in
// order. The zero value is ready. Its goroutine runs only while it holds something.
type delayLine struct {
	mu      sync.Mutex // a leaf
	waiting []delayed
	stop    chan struct{} // ends the running goroutine; nil if there is none
	random  *rand.Rand
}

type delayed struct {
	due          time.Time
	message      *Message
	dispatchSize int64
}

// delays reports whether messages of the peer are put off.
func (s *Session) delays() bool {
	in := &s.config.Inject
	return in.DelayMax > 0 && in.DelayProbability > 0 &&
		(in.DelayTypes == "" || slices.Contains(strings.Fields(in.DelayTypes),
			s.Peer().Name.Type.String()))
}

// delay puts the delivery of a message off, unless the session is over. Called by the reader
// without locks.
func (s *Session) delay(m *Message, dispatchSize int64) {
	over := false
	s.do(func() { over = s.state == protocol.Closed })
	if over {
		s.GiveBack(m, dispatchSize)
		return
	}
	s.delayed.add(s.host, m, dispatchSize)
}

func (d *delayLine) add(host Host, m *Message, dispatchSize int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in := &host.Config().Inject
	if d.random == nil {
		d.random = in.Random(m.connection.id)
	}
	due := time.Now()
	if d.random.Float64() < in.DelayProbability {
		due = due.Add(time.Duration(d.random.Int64N(int64(in.DelayMax))))
	}
	if n := len(d.waiting); n > 0 && d.waiting[n-1].due.After(due) {
		due = d.waiting[n-1].due
	}
	d.waiting = append(d.waiting, delayed{due, m, dispatchSize})
	if d.stop == nil {
		d.stop = make(chan struct{})
		stop := d.stop
		host.Go(func() { d.serve(host, stop) })
	}
}

// serve delivers what is due, until nothing waits or it is stopped.
func (d *delayLine) serve(host Host, stop chan struct{}) {
	for {
		first, pause, more := d.next(stop)
		switch {
		case !more:
			return
		case pause > 0:
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-stop:
			}
			timer.Stop()
		default:
			host.Dispatch().Deliver(first.message, first.dispatchSize)
		}
	}
}

// next takes the first message if it is due, and says how long that will take if not. There is no
// more when nothing waits, or for who was stopped.
func (d *delayLine) next(stop chan struct{}) (first delayed, pause time.Duration, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != stop {
		return delayed{}, 0, false
	}
	if len(d.waiting) == 0 {
		d.stop = nil
		return delayed{}, 0, false
	}
	first = d.waiting[0]
	if pause = time.Until(first.due); pause <= 0 {
		d.waiting = slices.Delete(d.waiting, 0, 1)
	}
	return first, pause, true
}

// discard drops what waits, since the session has ended or begun anew. It may be called with a
// session locked.
func (d *delayLine) discard() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.waiting {
		if w.dispatchSize > 0 {
			w.message.connection.host.Dispatch().DispatchThrottle().Put(w.dispatchSize)
		}
		w.message.leave()
	}
	d.waiting = nil
	if d.stop != nil {
		close(d.stop)
		d.stop = nil
	}
}
