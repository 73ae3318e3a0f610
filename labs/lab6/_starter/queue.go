package main

// PriorityLow divides priorities: from here on up they are strict, below they share.
const PriorityLow = 64

// An Item is a message that waits for its handler.
type Item struct {
	ID         int   `json:"id"`
	Connection int   `json:"connection"`
	Priority   int   `json:"priority"`
	Cost       int64 `json:"cost"`
}

// A Delivery is what the handler gets: an event of a connection, or the message with this ID. If
// both are empty there is nothing.
type Delivery struct {
	Event      string `json:"event"`
	Connection int    `json:"connection"`
	Message    int    `json:"message"`
}

// A Queue has events and messages until the handler takes them.
type Queue struct {
	// TODO
}

// NewQueue returns an empty queue. A message costs at least minCost and at most maxTokens, and
// maxTokens is what a priority below PriorityLow can save up.
func NewQueue(maxTokens, minCost int64) *Queue {
	return &Queue{} // TODO
}

// Enqueue queues a message.
func (q *Queue) Enqueue(i Item) {
	// TODO
}

// QueueEvent queues an event.
func (q *Queue) QueueEvent(event string, connection int) {
	// TODO
}

// Next takes out what the handler is to get now.
func (q *Queue) Next() Delivery {
	return Delivery{} // TODO
}

// Discard drops all messages of a connection that are queued, and returns their ids.
func (q *Queue) Discard(connection int) []int {
	return nil // TODO
}
