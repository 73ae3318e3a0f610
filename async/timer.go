package async

import (
	"container/heap"
	"time"
)

// timer is a time event: a function that the centre calls at a time. It belongs to the centre's
// goroutine.
type timer struct {
	at    time.Time
	call  func()
	index int // in the heap; -1 if it is not set
}

// timers is a heap, the earliest first.
type timers []*timer

func (h timers) Len() int           { return len(h) }
func (h timers) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}

// set makes the centre call f at a time, and no more what t was set for before.
func (c *centre) set(t *timer, at time.Time, f func()) {
	c.unset(t)
	t.at, t.call = at, f
	heap.Push(&c.timers, t)
}

// unset forgets what a timer was set for. It may be called again.
func (c *centre) unset(t *timer) {
	if t.call != nil && t.index >= 0 {
		heap.Remove(&c.timers, t.index)
	}
	t.call, t.index = nil, -1
}

// fire calls what is due.
func (c *centre) fire() {
	for len(c.timers) > 0 {
		first := c.timers[0]
		if time.Until(first.at) > 0 {
			return
		}
		call := first.call
		c.unset(first)
		call()
	}
}

// untilTimer returns how long there is nothing to do but to wait; negative if there is no timer.
func (c *centre) untilTimer() time.Duration {
	if len(c.timers) == 0 {
		return -1
	}
	return max(0, time.Until(c.timers[0].at))
}
