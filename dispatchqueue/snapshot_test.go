package dispatchqueue

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshot(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		gate := make(chan struct{})
		r.then["fast dispatch fast"] = func() { <-gate }
		r.then["dispatch a"] = func() { <-gate }
		a := message(q, 4, 20, "a")
		a.Cost = 100000
		q.Enqueue(a)
		q.Enqueue(message(q, 4, 20, "b"))
		q.Enqueue(message(q, 5, 10, "c"))
		q.Start()
		q.DeliverLocally(testItem{Message: "fast"})
		synctest.Wait() // a has been paid for; both goroutines are busy
		q.Enqueue(message(q, 7, 196, "d"))
		q.Enqueue(message(q, 7, 127, "e"))
		q.Enqueue(message(q, 5, 127, "f"))
		q.Enqueue(message(q, 7, 127, "g"))
		q.QueueEvent(KindAccept, "c9", nil)
		q.DeliverLocally(testItem{Message: "h"})
		time.Sleep(time.Millisecond)

		got, err := json.Marshal(q.Snapshot())
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Join([]string{
			`{"events":1,"messages":6,"local_messages":1,"oldest_age_ns":1000000,`,
			`"throttle_bytes":70,"throttle_max":104857600,"throttle_waiters":0,`,
			`"max_tokens_per_subqueue":16777216,"min_cost":65536,"total_priority":30,`,
			`"high_queues":[`,
			`{"priority":196,"size":1,"tokens":0,"first_item_cost":0,"connections":[{"connection_id":7,"size":1}]},`,
			`{"priority":127,"size":3,"tokens":0,"first_item_cost":0,`,
			`"connections":[{"connection_id":7,"size":2},{"connection_id":5,"size":1}]}],`,
			`"queues":[`,
			`{"priority":20,"size":1,"tokens":66667,"first_item_cost":65536,"connections":[{"connection_id":4,"size":1}]},`,
			`{"priority":10,"size":1,"tokens":33334,"first_item_cost":65536,"connections":[{"connection_id":5,"size":1}]}]}`,
		}, "")
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		close(gate)
	})
}

// Empty lists are lists, not null.
func TestSnapshotEmpty(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		got, err := json.Marshal(q.Snapshot())
		if err != nil {
			t.Fatal(err)
		}
		if want := `"high_queues":[],"queues":[]}`; !strings.HasSuffix(string(got), want) {
			t.Errorf("%s, want it to end with %s", got, want)
		}
	})
}
