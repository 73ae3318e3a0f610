package throttle

import (
	"container/list"
	"fmt"
	"sync"

	"github.com/pkg/errors"
)

// ErrCanceled is returned by [Throttle.Get] when it was told to give up before
// it was granted anything.
var ErrCanceled = errors.New("throttle: canceled while waiting")

// A Throttle is a budget that many goroutines take from and give back to.
// Create one with [New]. All methods may be called by several goroutines at
// once.
//
// A nil *Throttle is valid: it has no limit and counts nothing.
type Throttle struct {
	name string

	mu      sync.Mutex
	max     int64     // guarded by mu
	current int64     // guarded by mu
	waiters list.List // of *waiter, in order of arrival; guarded by mu
}

// A waiter is who has to wait. Whoever makes room adds n to current on the
// waiter's behalf: nobody can slip in between the call and the taking.
type waiter struct {
	n     int64
	ready func() // called without mu, when n has been added to current
}

// New returns a throttle that lets max be taken at a time; 0 is no limit.
// The name is for people who look at dumps. A negative max panics.
func New(name string, max int64) *Throttle {
	mustNotBeNegative("limit", max)
	return &Throttle{name: name, max: max}
}

// Name returns the name given to [New].
func (t *Throttle) Name() string {
	if t == nil {
		return ""
	}
	return t.name
}

// Get takes n, waiting until the throttle has room for it, behind everybody
// who waits already. It reports whether it had to wait.
//
// When done closes first, Get returns [ErrCanceled] and holds nothing. A nil
// done never cancels. Get does not look at done when it does not have to wait.
// A negative n panics.
func (t *Throttle) Get(n int64, done <-chan struct{}) (waited bool, err error) {
	if t.TryGet(n) {
		return false, nil
	}
	granted := make(chan struct{})
	withdraw := t.Await(n, func() { close(granted) })
	if withdraw == nil {
		return false, nil
	}
	select {
	case <-granted:
		return true, nil
	case <-done:
	}
	if withdraw() {
		return true, ErrCanceled
	}
	return true, nil // it came before we could withdraw
}

// Await is Get for who may not wait. It takes n and returns nil if that is
// possible at once. Otherwise ready is called, once, when n has been taken:
// by the goroutine that made room, which it must not hold up.
//
// withdraw gives up. It reports whether nothing was taken, and ready will not
// be called: if it returns false, n is taken, ready is called or has been,
// and n is to be given back. A negative n panics.
func (t *Throttle) Await(n int64, ready func()) (withdraw func() bool) {
	if t == nil {
		return nil
	}
	mustNotBeNegative("request", n)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiters.Len() == 0 && t.hasRoomFor(n) {
		t.current += n
		return nil
	}
	w := &waiter{n: n, ready: ready}
	element := t.waiters.PushBack(w)
	return func() bool { return t.withdraw(w, element) }
}

func (t *Throttle) withdraw(w *waiter, element *list.Element) bool {
	t.mu.Lock()
	if w.ready == nil {
		t.mu.Unlock()
		return false
	}
	w.ready = nil
	t.waiters.Remove(element)
	ready := t.grantWaiters() // the ones behind may have waited for this one only
	t.mu.Unlock()
	call(ready)
	return true
}

// TryGet takes n if that is possible without waiting, and reports whether it
// did. A negative n panics.
func (t *Throttle) TryGet(n int64) bool {
	if t == nil {
		return true
	}
	mustNotBeNegative("request", n)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiters.Len() > 0 || !t.hasRoomFor(n) {
		return false
	}
	t.current += n
	return true
}

// Put gives n back. It panics when more is given back than was taken, or when
// n is negative: the caller's accounts are wrong then, and a throttle that
// forgave it would hide a limit that has silently grown.
func (t *Throttle) Put(n int64) {
	if t == nil {
		return
	}
	mustNotBeNegative("return", n)
	t.mu.Lock()
	if n > t.current {
		current := t.current
		t.mu.Unlock()
		panic(fmt.Sprintf("throttle: %d given back to %q, of which only %d is taken", n, t.name,
			current))
	}
	t.current -= n
	ready := t.grantWaiters()
	t.mu.Unlock()
	call(ready)
}

// SetMax changes the limit; 0 removes it. Waiters that fit in the new limit go
// on at once. What is taken already stays taken, even above a lower limit.
// A negative max panics, and so does a nil throttle, which has no limit to set.
func (t *Throttle) SetMax(max int64) {
	mustNotBeNegative("limit", max)
	t.mu.Lock()
	t.max = max
	ready := t.grantWaiters()
	t.mu.Unlock()
	call(ready)
}

// Max returns the limit; 0 is none.
func (t *Throttle) Max() int64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.max
}

// Current returns how much is taken.
func (t *Throttle) Current() int64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}

// Waiters returns how many wait, in Get or after Await.
func (t *Throttle) Waiters() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiters.Len()
}

// hasRoomFor reports whether n may be taken now, others aside. Needs mu.
func (t *Throttle) hasRoomFor(n int64) bool {
	switch {
	case t.max == 0:
		return true
	case n <= t.max:
		return t.current <= t.max-n
	default:
		return t.current <= t.max
	}
}

// grantWaiters serves waiters from the front as long as there is room, and
// stops at the first that has to wait on. It returns what to call without mu.
// Needs mu.
func (t *Throttle) grantWaiters() (ready []func()) {
	for front := t.waiters.Front(); front != nil; front = t.waiters.Front() {
		w := front.Value.(*waiter)
		if !t.hasRoomFor(w.n) {
			break
		}
		t.current += w.n
		t.waiters.Remove(front)
		ready = append(ready, w.ready)
		w.ready = nil
	}
	return ready
}

func call(ready []func()) {
	for _, f := range ready {
		f()
	}
}

func mustNotBeNegative(what string, n int64) {
	if n < 0 {
		panic(fmt.Sprintf("throttle: negative %s: %d", what, n))
	}
}
