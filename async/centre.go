package async

import (
	"runtime"
	"sync"
	"time"
)

// centre is an event centre: what one worker waits for. File events say that a socket is ready,
// time events that a time has come, external events are functions that other goroutines have
// posted. All are handled by the goroutine of run, one after the other.
type centre struct {
	wakeup chan struct{} // one slot; wakes run, as long as there is no poller

	mu      sync.Mutex // a leaf
	posted  []func()   // external events
	asleep  bool       // run waits, and has seen that nothing was posted
	poller  *poller    // of the system's sockets; nil before the first
	stopped bool       // run ends when nothing is left
	running bool       // run has begun, and has not ended

	timers timers // of run's goroutine
	rounds uint64 // of run
	idle   func() bool
	// how long run goes on asking before it sleeps; it has done so since busySince
	busyPoll  time.Duration
	busySince time.Time
	eventful  bool // something has happened since

	behind    bool // more has come than was handled
	postponed int  // rounds in a row without time events
}

// eventsAtOnce is how many file events are told at once.
const eventsAtOnce = 256

// newCentre returns a centre. Once it is stopped it ends when idle says that there is nothing to
// wait for.
func newCentre(idle func() bool) *centre {
	return &centre{wakeup: make(chan struct{}, 1), idle: idle}
}

// post has f called by the worker's goroutine. It never waits, and may be called from within it.
func (c *centre) post(f func()) {
	c.mu.Lock()
	c.posted = append(c.posted, f)
	c.wakeLocked()
	c.mu.Unlock()
}

// begin reports whether run is to be started, by the caller.
func (c *centre) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	start := !c.running
	c.running = true
	return start
}

// stop makes run end when nothing is left.
func (c *centre) stop() {
	c.mu.Lock()
	c.stopped = true
	c.wakeLocked()
	c.mu.Unlock()
}

func (c *centre) wakeLocked() {
	if !c.asleep {
		return // it looks at the list before it sleeps
	}
	c.asleep = false
	if c.poller != nil {
		c.poller.wake()
		return
	}
	c.wakeup <- struct{}{} // never blocks: one token for each sleep
}

// run handles events until the centre is stopped and idle.
func (c *centre) run() {
	var batch []func()
	for {
		c.rounds++
		c.mu.Lock()
		batch, c.posted = c.posted, batch[:0]
		c.mu.Unlock()
		c.eventful = c.eventful || len(batch) > 0
		for i, f := range batch {
			batch[i] = nil
			f()
		}
		if !c.sleep() {
			return
		}
		c.fireUnlessBehind()
	}
}

// fireUnlessBehind handles time events, after all that has come by then: a worker that was held up
// must not take what lies in a socket for silence. Where more and more comes it does so anyway.
func (c *centre) fireUnlessBehind() {
	if c.behind && c.postponed < maxPostponed {
		c.postponed++
		return
	}
	c.postponed = 0
	c.fire()
}

// maxPostponed is how many rounds in a row may go by without time events.
const maxPostponed = 100

// sleep waits for the next event, and handles those of files. It returns false when it is time to
// end.
func (c *centre) sleep() bool {
	timeout := c.untilTimer()
	if timeout == 0 && c.poller == nil {
		runtime.Gosched() // who posts what has come may not have run for long
	}
	if c.busy() {
		timeout = 0
		runtime.Gosched() // others may have to do with this processor
	}
	c.mu.Lock()
	if len(c.posted) > 0 {
		timeout = 0
	} else if c.stopped && c.idle() {
		poller := c.poller
		c.running, c.poller = false, nil
		c.mu.Unlock()
		if poller != nil {
			poller.close()
		}
		return false
	}
	poller := c.poller
	c.asleep = timeout != 0
	c.mu.Unlock()

	var ready []event
	if poller != nil {
		ready = c.poll(poller, timeout)
	} else if timeout != 0 {
		c.wait(timeout)
	}
	c.mu.Lock()
	woken := !c.asleep
	c.asleep = false
	c.behind = len(c.posted) > 0 || len(ready) == eventsAtOnce
	c.mu.Unlock()
	if timeout != 0 && woken {
		select { // woken when the time had come anyway, or the poller had gone
		case <-c.wakeup:
		default:
		}
	}
	for _, e := range ready {
		poller.handle(e)
	}
	c.eventful = c.eventful || len(ready) > 0
	return true
}

// poll waits for events of files. A poller that fails is given up, with the connections that it has
// watched: their sessions go on over sockets of the next one.
func (c *centre) poll(poller *poller, timeout time.Duration) []event {
	ready, err := poller.wait(timeout)
	if err != nil {
		c.mu.Lock()
		c.poller = nil
		c.mu.Unlock()
		poller.lose(err)
	}
	return ready
}

// busy reports whether to go on asking without sleeping. Only who has sockets of the system asks.
func (c *centre) busy() bool {
	if c.busyPoll <= 0 || c.poller == nil {
		return false
	}
	now := time.Now()
	if c.eventful {
		c.busySince, c.eventful = now, false
	}
	return now.Sub(c.busySince) < c.busyPoll
}

// wait waits to be woken, or for a time; for ever if that is negative.
func (c *centre) wait(timeout time.Duration) {
	if timeout < 0 {
		<-c.wakeup
		return
	}
	timer := time.NewTimer(timeout)
	select {
	case <-c.wakeup:
	case <-timer.C:
	}
	timer.Stop()
}
