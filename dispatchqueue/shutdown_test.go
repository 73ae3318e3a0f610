package dispatchqueue

import (
	"testing"
	"testing/synctest"
	"time"
)

// What is left is dealt with: events delivered, messages discarded.
func TestShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		gate := make(chan struct{})
		r.then["dispatch a"] = func() { <-gate }
		r.then["fast dispatch fast 1"] = func() { <-gate }
		r.then["discard e"] = func() { q.Len() } // no lock is held
		q.Enqueue(message(q, 1, 127, "a"))
		q.DeliverLocally(testItem{Connection: "self", Message: "fast 1"})
		q.Start()
		synctest.Wait()
		q.Enqueue(message(q, 1, 127, "b"))
		q.Enqueue(message(q, 2, 20, "c"))
		q.Enqueue(message(q, 2, 255, "d"))
		q.QueueEvent(KindReset, "c1", nil)
		q.DeliverLocally(testItem{Connection: "self", Message: "fast 2"})
		r.mu.Lock()
		r.log = nil
		r.mu.Unlock()

		waited := make(chan struct{})
		go func() {
			q.Wait()
			close(waited)
		}()
		q.Shutdown()
		q.Shutdown()
		r.check(t) // both goroutines are still busy
		select {
		case <-waited:
			t.Error("Wait returned while callbacks run")
		default:
		}

		// From now on nothing is queued any more.
		q.QueueEvent(KindAccept, "c2", nil)
		q.Enqueue(message(q, 2, 127, "e"))
		q.DeliverLocally(testItem{Connection: "self", Message: "fast 3"})
		r.check(t, "discard e", "discard fast 3")

		r.then["reset c1"] = func() {
			q.Enqueue(message(q, 2, 127, "f"))
			q.QueueEvent(KindAccept, "c3", nil)
		}
		gate <- struct{}{}
		gate <- struct{}{}
		<-waited
		r.checkSorted(t, "discard b", "discard c", "discard d", "discard f", "discard fast 2",
			"reset c1")
		q.Start()
		r.check(t)
	})
}

// A local message that is not fast dispatched, and reaches the queue after
// Shutdown, is discarded as well.
func TestShutdownDuringLocalDelivery(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		r.then["preprocess slow"] = func() {
			q.Shutdown()
			time.Sleep(time.Second) // the dispatch goroutine is gone by now
		}
		q.Start()
		q.DeliverLocally(testItem{Message: "slow"})
		time.Sleep(2 * time.Second)
		r.check(t, "preprocess slow", "can fast dispatch slow?", "discard slow")
	})
}

// Wait waits for both goroutines, whichever is the last.
func TestWait(t *testing.T) {
	for _, last := range []string{"dispatch a", "fast dispatch fast"} {
		t.Run(last, func(t *testing.T) {
			inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
				returned := false
				r.then[last] = func() {
					time.Sleep(time.Second)
					returned = true
				}
				q.Enqueue(message(q, 1, 127, "a"))
				q.DeliverLocally(testItem{Message: "fast"})
				q.Start()
				synctest.Wait()
				q.Shutdown()
				q.Wait()
				if !returned {
					t.Error("Wait returned while a callback runs")
				}
			})
		})
	}
}

func TestShutdownWithoutStart(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		q.QueueEvent(KindAccept, "c1", nil)
		q.Enqueue(message(q, 1, 127, "a"))
		q.DeliverLocally(testItem{Message: "fast"})
		q.Shutdown()
		q.Wait()
		r.checkSorted(t, "accept c1", "discard a", "discard fast")
	})
}

func TestShutdownOfAnIdleQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		q.Start()
		synctest.Wait()
		q.Shutdown()
		q.Wait()
		r.check(t)
	})
}

// Every callback may call everything but Wait.
func TestCallbacksMayCallTheQueue(t *testing.T) {
	callbacks := []string{
		"accept c1", "dispatch a", "discard b", "preprocess fast", "can fast dispatch fast?",
		"fast dispatch fast",
	}
	for _, callback := range callbacks {
		t.Run(callback, func(t *testing.T) {
			inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
				done := false
				r.then[callback] = func() {
					q.Len()
					q.Snapshot()
					q.OldestAge(time.Now())
					q.QueueEvent(KindConnect, "c2", nil)
					q.Enqueue(message(q, 3, 127, "c"))
					q.DiscardConnection(3)
					q.DeliverLocally(testItem{Message: "d"})
					q.FastDispatch(message(q, 4, 127, "e"))
					q.Start()
					q.Shutdown()
					q.Enqueue(message(q, 3, 127, "f"))
					q.DeliverLocally(testItem{Message: "g"})
					done = true
				}
				q.QueueEvent(KindAccept, "c1", nil)
				q.Enqueue(message(q, 1, 127, "a"))
				q.Enqueue(message(q, 2, 127, "b"))
				if callback == "discard b" {
					q.DiscardConnection(2)
				}
				q.DeliverLocally(testItem{Message: "fast"})
				q.Start()
				q.Wait()
				if !done {
					t.Error("the callback was not called, or did not come back")
				}
			})
		})
	}
}
