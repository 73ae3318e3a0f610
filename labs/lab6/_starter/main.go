// This file is the grader's: it says which of your functions answers which question.

package main

func main() {
	var throttle *Throttle
	var queue *Queue
	type request struct {
		ID int   `json:"id"`
		N  int64 `json:"n"`
	}
	op("throttle_new", func(r request) (any, error) {
		throttle = NewThrottle(r.N)
		return nil, nil
	})
	op("throttle_get", func(r request) (bool, error) { return throttle.Get(r.ID, r.N), nil })
	op("throttle_put", func(r request) ([]int, error) { return throttle.Put(r.N), nil })
	op("throttle_cancel", func(r request) ([]int, error) { return throttle.Cancel(r.ID), nil })
	op("throttle_limit", func(r request) ([]int, error) { return throttle.SetLimit(r.N), nil })

	type limits struct {
		MaxTokens int64 `json:"max_tokens"`
		MinCost   int64 `json:"min_cost"`
	}
	op("queue_new", func(l limits) (any, error) {
		queue = NewQueue(l.MaxTokens, l.MinCost)
		return nil, nil
	})
	op("enqueue", func(i Item) (any, error) {
		queue.Enqueue(i)
		return nil, nil
	})
	op("event", func(d Delivery) (any, error) {
		queue.QueueEvent(d.Event, d.Connection)
		return nil, nil
	})
	op("next", func(struct{}) (Delivery, error) { return queue.Next(), nil })
	op("discard", func(i Item) ([]int, error) { return queue.Discard(i.Connection), nil })
	serve()
}
