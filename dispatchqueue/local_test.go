package dispatchqueue

import (
	"testing"
	"testing/synctest"
)

// Local messages are passed on in order, each by the way that suits it.
func TestLocalDelivery(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		gate := make(chan struct{})
		r.then["accept c1"] = func() { <-gate } // so that the queue's turn comes last
		q.QueueEvent(KindAccept, "c1", nil)
		q.Start()
		r.check(t, "accept c1")
		for _, m := range []string{"fast 1", "slow 1", "fast 2", "slow 2"} {
			q.DeliverLocally(testItem{Connection: "self", Message: m, Priority: 127})
		}
		q.DeliverLocally(testItem{Connection: "self", Message: "slow 3", Priority: 196})
		r.check(t,
			"preprocess fast 1", "can fast dispatch fast 1?", "fast dispatch fast 1",
			"preprocess slow 1", "can fast dispatch slow 1?",
			"preprocess fast 2", "can fast dispatch fast 2?", "fast dispatch fast 2",
			"preprocess slow 2", "can fast dispatch slow 2?",
			"preprocess slow 3", "can fast dispatch slow 3?")
		close(gate)
		r.check(t, "dispatch slow 3", "dispatch slow 1", "dispatch slow 2")
	})
}

// The sender goes on while its message is dispatched, and local messages are
// queued while one is.
func TestLocalDeliveryDoesNotBlockTheSender(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		gate := make(chan struct{})
		r.then["fast dispatch fast 1"] = func() { <-gate }
		q.Start()
		q.DeliverLocally(testItem{Message: "fast 1"})
		synctest.Wait()
		q.DeliverLocally(testItem{Message: "fast 2"})
		if got := q.Snapshot().Local; got != 1 {
			t.Errorf("%d local messages wait, want 1", got)
		}
		if got := q.Len(); got != 0 {
			t.Errorf("Len() = %d, want 0: local messages do not count", got)
		}
		close(gate)
		r.check(t,
			"preprocess fast 1", "can fast dispatch fast 1?", "fast dispatch fast 1",
			"preprocess fast 2", "can fast dispatch fast 2?", "fast dispatch fast 2")
	})
}

// All local messages are of one connection and hold no throttle, whatever their
// items say.
func TestLocalItemsAreOfOneConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		gate := make(chan struct{})
		r.then["accept c1"] = func() { <-gate }
		q.QueueEvent(KindAccept, "c1", nil)
		q.Start()
		q.DeliverLocally(testItem{ConnectionID: 7, ThrottleSize: 10, Message: "a", Priority: 127})
		q.DeliverLocally(testItem{ConnectionID: 8, ThrottleSize: 10, Message: "fast",
			Priority: 127})
		q.DeliverLocally(testItem{ConnectionID: 9, ThrottleSize: 10, Message: "b", Priority: 127})
		synctest.Wait()
		if got := q.DiscardConnection(LocalConnectionID); got != 2 {
			t.Errorf("DiscardConnection = %d, want 2", got)
		}
		close(gate)
	})
}
