package lab6

import (
	"fmt"
	"slices"

	"simplemessenger/labs/grade"
)

// item is a message.
type item struct {
	ID         int   `json:"id"`
	Connection int   `json:"connection"`
	Priority   int   `json:"priority"`
	Cost       int64 `json:"cost"`
}

type limits struct {
	MaxTokens int64 `json:"max_tokens"`
	MinCost   int64 `json:"min_cost"`
}

// delivery is what the handler gets next: an event of a connection, a message, or nothing.
type delivery struct {
	Event      string `json:"event"`
	Connection int    `json:"connection"`
	Message    int    `json:"message"`
}

// String says what is delivered.
func (d delivery) String() string {
	switch {
	case d.Event != "":
		return fmt.Sprintf("the event %q of connection %d", d.Event, d.Connection)
	case d.Message != 0:
		return fmt.Sprintf("message %d", d.Message)
	default:
		return "nothing"
	}
}

// queueing asks about one queue.
type queueing struct {
	s *grade.Session
	// priorities and connections of what was queued, for stories
	items map[int]item
}

func newQueue(s *grade.Session, l limits) (*queueing, error) {
	return &queueing{s, map[int]item{}}, s.Ask("queue_new", l, nil)
}

func (q *queueing) enqueue(items ...item) error {
	for _, i := range items {
		q.items[i.ID] = i
		if err := q.s.Ask("enqueue", i, nil); err != nil {
			return err
		}
	}
	return nil
}

func (q *queueing) event(kind string, connection int) error {
	return q.s.Ask("event", delivery{Event: kind, Connection: connection}, nil)
}

// messages expects messages by id, one after the other.
func (q *queueing) messages(why string, ids ...int) error {
	for _, id := range ids {
		if err := q.next(delivery{Message: id}, why); err != nil {
			return err
		}
	}
	return nil
}

// next expects the next delivery. Which connection a message is of does not count: its id says it.
func (q *queueing) next(want delivery, why string) error {
	var got delivery
	if err := q.s.Ask("next", struct{}{}, &got); err != nil {
		return err
	}
	if got.Message != 0 {
		got.Connection = 0
	}
	if got == want {
		return nil
	}
	return &grade.Story{Asked: "next: whatever is to be delivered now", Expected: q.tell(want),
		Got: q.tell(got), Why: why}
}

func (q *queueing) tell(d delivery) string {
	i, known := q.items[d.Message]
	if !known {
		return d.String()
	}
	return fmt.Sprintf("message %d (connection %d, priority %d, cost %d)", i.ID, i.Connection,
		i.Priority, i.Cost)
}

// discarded expects which messages are dropped, in any order.
func (q *queueing) discarded(connection int, want []int, why string) error {
	var got []int
	if err := q.s.Ask("discard", item{Connection: connection}, &got); err != nil {
		return err
	}
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return nil
	}
	return &grade.Story{Asked: fmt.Sprintf("discard connection %d", connection),
		Expected: fmt.Sprintf("these messages are dropped, in any order: %v", want),
		Got:      fmt.Sprint(got), Why: why}
}
