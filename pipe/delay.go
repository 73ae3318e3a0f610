package pipe

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"simplemessenger/protocol"
)

// delayLine holds received messages whose delivery is put off on purpose (ms_inject_delay_*), in order. The zero value is ready. Its
// goroutine runs only while it holds something.
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

// handUp gives a message to the dispatchers, at once or later. Called by the reader without locks.
func (p *Pipe) handUp(m *Message, dispatchSize int64) {
	in := &p.config.Inject
	if in.DelayMax <= 0 || in.DelayProbability <= 0 || !in.delays(p.Peer().Name.Type.String()) {
		p.host.Dispatch().Deliver(m, dispatchSize)
		return
	}
	p.mu.Lock()
	if p.session == nil || p.state == protocol.Closed {
		p.mu.Unlock()
		p.giveBack(m, dispatchSize)
		return
	}
	d := &p.session.delayed
	p.mu.Unlock()
	d.add(p, m, dispatchSize)
}

func (in *Inject) delays(peerType string) bool {
	return in.DelayTypes == "" || slices.Contains(strings.Fields(in.DelayTypes), peerType)
}

func (d *delayLine) add(p *Pipe, m *Message, dispatchSize int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in := &p.config.Inject
	if d.random == nil {
		d.random = in.rand(m.connection.id)
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
		p.host.Go(func() { d.run(p, stop) })
	}
}

func (d *delayLine) run(p *Pipe, stop chan struct{}) {
	for {
		d.mu.Lock()
		if d.stop != stop {
			d.mu.Unlock()
			return
		}
		if len(d.waiting) == 0 {
			d.stop = nil
			d.mu.Unlock()
			return
		}
		first := d.waiting[0]
		if pause := time.Until(first.due); pause > 0 {
			d.mu.Unlock()
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-stop:
			}
			timer.Stop()
			continue
		}
		d.waiting = slices.Delete(d.waiting, 0, 1)
		d.mu.Unlock()
		p.host.Dispatch().Deliver(first.message, first.dispatchSize)
	}
}

// discard drops what waits, since the session has ended or begun anew. It may be called with a pipe's lock held.
func (d *delayLine) discard() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.waiting {
		if w.dispatchSize > 0 {
			w.message.connection.host.Dispatch().DispatchThrottle().Put(w.dispatchSize)
		}
		w.message.Dispatched()
	}
	d.waiting = nil
	if d.stop != nil {
		close(d.stop)
		d.stop = nil
	}
}
