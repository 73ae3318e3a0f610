package async

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running starts a centre, which the returned function stops and waits for.
func running(c *centre) (end func()) {
	var wg sync.WaitGroup
	wg.Go(c.run)
	return func() {
		c.stop()
		wg.Wait()
	}
}

func always() bool { return true }

// A1, A13, B10: whoever posts is heard, once for each time and in order, also from within, whether
// the centre is about to sleep or not.
func TestEverythingPostedIsRun(t *testing.T) {
	c := newCentre(always)
	end := running(c)
	const posters, each = 8, 2000
	var got [posters][]int
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				c.post(func() { got[p] = append(got[p], i) })
			}
		})
	}
	wg.Wait()
	nested := make(chan int)
	c.post(func() {
		for i := range 1000 { // from within: it never blocks
			c.post(func() {
				if i == 999 {
					close(nested)
				}
			})
		}
	})
	<-nested
	end()
	for p, numbers := range got {
		if len(numbers) != each || !slices.IsSorted(numbers) {
			t.Errorf("poster %d: %d of %d", p, len(numbers), each)
		}
	}
}

// A2: what is posted before the end is run before it, and the end waits for who holds the centre.
func TestStopDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := true
		c := newCentre(func() bool { return !held })
		end := running(c)
		ran := 0
		c.post(func() { ran++ })
		time.AfterFunc(time.Hour, func() {
			c.post(func() {
				ran++
				held = false
			})
		})
		start := time.Now()
		end()
		if ran != 2 || time.Since(start) != time.Hour {
			t.Errorf("%d of 2 run, ended after %v", ran, time.Since(start))
		}
	})
}

// Time events come in their order, each once, and those that were unset do not.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCentre(always)
		end := running(c)
		var timers [5]timer
		var fired []int
		var at []time.Duration
		start := time.Now()
		done := make(chan struct{})
		c.post(func() {
			for i, after := range []time.Duration{3 * time.Second, time.Microsecond,
				2 * time.Second, time.Second, 4 * time.Second} {
				c.set(&timers[i], start.Add(after), func() {
					fired, at = append(fired, i), append(at, time.Since(start))
				})
			}
			c.unset(&timers[2])
			c.unset(&timers[2])
			c.set(&timers[3], start.Add(5*time.Second), func() { close(done) })
		})
		<-done
		end()
		if !slices.Equal(fired, []int{1, 0, 4}) || at[0] != time.Microsecond ||
			at[1] != 3*time.Second {
			t.Errorf("fired %v at %v", fired, at)
		}
	})
}

// B13: a centre that waits for a time does not spin until it comes.
func TestWaitingDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCentre(always)
		end := running(c)
		var late timer
		fired := make(chan struct{})
		c.post(func() {
			c.set(&late, time.Now().Add(1500*time.Microsecond), func() {
				close(fired)
			})
		})
		<-fired
		end()
		if c.rounds > 5 {
			t.Errorf("%d rounds for one time event", c.rounds)
		}
	})
}
