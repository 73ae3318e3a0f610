package memnet

import (
	"container/heap"
	"sync"
	"time"
)

// event is something that will happen at a moment. It is embedded in its owner
// and reused: an event is in the schedule at most once.
type event struct {
	fire func(now time.Time) // set once by the owner; called with Network.mu held

	at     time.Time
	order  uint64 // breaks ties: first added, first fired
	index  int    // place in the heap, meaningful while queued
	queued bool
}

// schedule fires events in the order of their time and, at one instant, in the
// order they were added. Timers of the runtime promise no order at one instant,
// so a single timer drives all events of a network.
type schedule struct {
	mu *sync.Mutex // Network.mu, guards everything here

	events eventHeap
	added  uint64
	closed bool
	timer  *time.Timer
	armed  bool
	next   time.Time // when the timer fires, if armed
}

// add puts e into the schedule, moving it there if it was queued already. A
// closed schedule ignores it.
func (s *schedule) add(e *event, at, now time.Time) {
	s.remove(e)
	if s.closed {
		return
	}
	s.added++
	e.at, e.order, e.queued = at, s.added, true
	heap.Push(&s.events, e)
	s.arm(now)
}

// remove takes e out of the schedule, if it is there. The timer keeps running
// unless nothing is left: firing for nothing is harmless.
func (s *schedule) remove(e *event) {
	if !e.queued {
		return
	}
	heap.Remove(&s.events, e.index)
	e.queued = false
	if len(s.events) == 0 {
		s.stop()
	}
}

func (s *schedule) arm(now time.Time) {
	if len(s.events) == 0 {
		return
	}
	first := s.events[0].at
	if s.armed && !first.Before(s.next) {
		return
	}
	s.armed, s.next = true, first
	if s.timer == nil {
		s.timer = time.AfterFunc(first.Sub(now), s.run)
	} else {
		s.timer.Reset(first.Sub(now))
	}
}

func (s *schedule) stop() {
	if s.armed {
		s.timer.Stop()
		s.armed = false
	}
}

// close forgets all events, those too that are still to come.
func (s *schedule) close() {
	s.closed = true
	for len(s.events) > 0 {
		s.remove(s.events[0])
	}
}

// run is the timer's function.
func (s *schedule) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
	now := time.Now()
	for len(s.events) > 0 && !s.events[0].at.After(now) {
		e := heap.Pop(&s.events).(*event)
		e.queued = false
		e.fire(now)
	}
	s.arm(now)
}

// eventHeap implements heap.Interface.
type eventHeap []*event

func (h eventHeap) Len() int { return len(h) }

func (h eventHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}

func (h eventHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *eventHeap) Push(x any) {
	e := x.(*event)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *eventHeap) Pop() any {
	old := *h
	last := len(old) - 1
	e := old[last]
	old[last] = nil
	*h = old[:last]
	return e
}
