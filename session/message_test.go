package session

import (
	"sync"
	"testing"

	"simplemessenger/throttle"
)

// A receiver may hand a retained message to another goroutine, which may be done with it before the
// dispatch has returned. Whoever leaves last gives back what it holds, once.
func TestLastHolderGivesBack(t *testing.T) {
	limit := throttle.New("messages", 10)
	for range 1000 {
		if !limit.TryGet(1) {
			t.Fatal("something was not given back")
		}
		m := getMessage()
		m.holders, m.throttleMessages = 1, limit
		m.Retain()
		m.Retain()
		var wg sync.WaitGroup
		for _, leave := range []func(){m.leave, m.Release, m.Release} {
			wg.Go(leave)
		}
		wg.Wait()
		if n := limit.Current(); n != 0 {
			t.Fatalf("%d held after all have left", n)
		}
	}
}
