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

// A Delivery is what the handler gets.
type Delivery struct {
	Event      string `json:"event"`
	Connection int    `json:"connection"`
	Message    int    `json:"message"`
}

// A Queue has events and messages until the handler takes them.
type Queue struct {
	maxTokens, minCost int64
	events             []Delivery
	levels             []*level // from the highest priority down; none is empty
}

// A level has the messages of one priority.
type level struct {
	priority int
	tokens   int64
	circle   []*line // the first is next
}

// A line has the messages of one connection.
type line struct {
	connection int
	items      []Item
}

// NewQueue returns an empty queue.
func NewQueue(maxTokens, minCost int64) *Queue {
	return &Queue{maxTokens: maxTokens, minCost: minCost}
}

// Enqueue queues a message.
func (q *Queue) Enqueue(i Item) {
	l := q.level(i.Priority)
	for _, c := range l.circle {
		if c.connection == i.Connection {
			c.items = append(c.items, i)
			return
		}
	}
	l.circle = append(l.circle, &line{i.Connection, []Item{i}})
}

func (q *Queue) level(priority int) *level {
	at := 0
	for at < len(q.levels) && q.levels[at].priority > priority {
		at++
	}
	if at < len(q.levels) && q.levels[at].priority == priority {
		return q.levels[at]
	}
	l := &level{priority: priority}
	q.levels = append(q.levels, nil)
	copy(q.levels[at+1:], q.levels[at:])
	q.levels[at] = l
	return l
}

// QueueEvent queues an event.
func (q *Queue) QueueEvent(event string, connection int) {
	q.events = append(q.events, Delivery{Event: event, Connection: connection})
}

func (q *Queue) cost(i Item) int64 { return min(max(i.Cost, q.minCost), q.maxTokens) }

// Next takes out what the handler is to get now.
func (q *Queue) Next() Delivery {
	if len(q.events) > 0 {
		d := q.events[0]
		q.events = q.events[1:]
		return d
	}
	if len(q.levels) == 0 {
		return Delivery{}
	}
	chosen := q.levels[0]
	shared := chosen.priority < PriorityLow
	if shared {
		for i := len(q.levels) - 1; i >= 0; i-- {
			l := q.levels[i]
			if cost := q.cost(l.circle[0].items[0]); cost <= l.tokens {
				l.tokens -= cost
				chosen = l
				break
			}
		}
	}
	i := chosen.take()
	q.dropEmpty()
	if shared {
		q.giveOut(q.cost(i))
	}
	return Delivery{Connection: i.Connection, Message: i.ID}
}

// take takes out the message whose turn it is, and passes the turn on.
func (l *level) take() Item {
	c := l.circle[0]
	i := c.items[0]
	c.items = c.items[1:]
	l.circle = l.circle[1:]
	if len(c.items) > 0 {
		l.circle = append(l.circle, c)
	}
	return i
}

func (q *Queue) giveOut(tokens int64) {
	var sum int64
	for _, l := range q.levels {
		sum += int64(l.priority)
	}
	if sum == 0 {
		return
	}
	for _, l := range q.levels {
		l.tokens = min(l.tokens+tokens*int64(l.priority)/sum+1, q.maxTokens)
	}
}

func (q *Queue) dropEmpty() {
	var left []*level
	for _, l := range q.levels {
		if len(l.circle) > 0 {
			left = append(left, l)
		}
	}
	q.levels = left
}

// Discard drops all messages of a connection.
func (q *Queue) Discard(connection int) []int {
	var dropped []int
	for _, l := range q.levels {
		var left []*line
		for _, c := range l.circle {
			if c.connection != connection {
				left = append(left, c)
				continue
			}
			for _, i := range c.items {
				dropped = append(dropped, i.ID)
			}
		}
		l.circle = left
	}
	q.dropEmpty()
	return dropped
}
