package simulator

import (
	"slices"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/pipe"
	"simplemessenger/protocol"
)

// ErrTrapped is the fault that a trap makes.
var ErrTrapped = errors.New("simulator: fault at a breakpoint")

// Trap waits at a breakpoint for the first pipe that comes by.
type Trap struct {
	match   func(*Endpoint, pipe.Breakpoint) bool
	action  func(*Trap, pipe.Breakpoint) error
	sprung  chan struct{}
	release chan struct{}
	once    sync.Once
	stays   bool // it never springs, and catches all
}

// Sprung is closed when a pipe has come into the trap.
func (t *Trap) Sprung() <-chan struct{} { return t.sprung }

// HasSprung reports whether a pipe has come into the trap.
func (t *Trap) HasSprung() bool {
	select {
	case <-t.sprung:
		return true
	default:
		return false
	}
}

// Release lets a pipe that is held go on. So does the end of the world.
func (t *Trap) Release() { t.once.Do(func() { close(t.release) }) }

// Hold stops the first pipe that matches, until Release or until its socket is given up.
func (w *World) Hold(match func(*Endpoint, pipe.Breakpoint) bool) *Trap {
	return w.trap(match, func(t *Trap, b pipe.Breakpoint) error {
		select {
		case <-t.release:
		case <-b.Done:
		}
		return nil
	})
}

// Fault makes the first pipe that matches fail there.
func (w *World) Fault(match func(*Endpoint, pipe.Breakpoint) bool) *Trap {
	return w.trap(match, func(*Trap, pipe.Breakpoint) error { return ErrTrapped })
}

// FaultAll makes every pipe that matches fail there, until Disarm.
func (w *World) FaultAll(match func(*Endpoint, pipe.Breakpoint) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = append(w.traps, &Trap{match: match, action: func(*Trap, pipe.Breakpoint) error {
		return ErrTrapped
	}, sprung: make(chan struct{}),
		release: make(chan struct{}), stays: true})
}

// Stall stops the first pipe that matches for a while, or until its socket is given up.
func (w *World) Stall(match func(*Endpoint, pipe.Breakpoint) bool, d time.Duration) *Trap {
	return w.trap(match, func(_ *Trap, b pipe.Breakpoint) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-b.Done:
		}
		return nil
	})
}

// Watch calls f, which must not wait, at every breakpoint from now on.
func (w *World) Watch(f func(*Endpoint, pipe.Breakpoint)) {
	w.trap(func(e *Endpoint, b pipe.Breakpoint) bool {
		f(e, b)
		return false
	}, nil)
}

// Do calls f when the first pipe that matches comes by.
func (w *World) Do(match func(*Endpoint, pipe.Breakpoint) bool, f func()) *Trap {
	return w.trap(match, func(*Trap, pipe.Breakpoint) error {
		f()
		return nil
	})
}

func (w *World) trap(match func(*Endpoint, pipe.Breakpoint) bool,
	action func(*Trap, pipe.Breakpoint) error) *Trap {
	t := &Trap{match: match, action: action, sprung: make(chan struct{}),
		release: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = append(w.traps, t)
	return t
}

// At matches an endpoint's pipes at a stage.
func At(e *Endpoint, stage protocol.Stage) func(*Endpoint, pipe.Breakpoint) bool {
	return func(x *Endpoint, b pipe.Breakpoint) bool { return x == e && b.Stage == stage }
}

// intercept is the interceptor of all pipes.
func (w *World) intercept(e *Endpoint, b pipe.Breakpoint) error {
	w.mu.Lock()
	var sprung *Trap
	for _, t := range w.traps {
		if !t.HasSprung() && t.match(e, b) {
			sprung = t
			if !t.stays {
				close(t.sprung)
			}
			break
		}
	}
	w.mu.Unlock()
	if sprung == nil {
		return nil
	}
	return sprung.action(sprung, b)
}

// Disarm takes all traps away that have not sprung.
func (w *World) Disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = slices.DeleteFunc(w.traps, func(t *Trap) bool { return !t.HasSprung() })
}

func (w *World) releaseTraps() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.traps {
		t.Release()
	}
	w.traps = nil
}
