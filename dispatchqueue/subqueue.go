package dispatchqueue

import "time"

// An entry is a queued message. It is a link of two lists: of the messages of its
// connection and priority, and of all queued messages in order of arrival.
type entry[C comparable, M any] struct {
	item    Item[C, M]
	cost    int64         // below PriorityLow: what it takes from its bucket
	arrival time.Duration // since the queue was made

	next         *entry[C, M] // the one behind: same connection and priority
	older, newer *entry[C, M] // neighbours by arrival
}

// A connectionQueue has the messages of one connection and priority, first in,
// first out. It exists only as long as there are any.
type connectionQueue[C comparable, M any] struct {
	connectionID uint64
	head, tail   *entry[C, M]
	length       int

	previous, next *connectionQueue[C, M] // the circle of those that take turns
}

// A subqueue has the messages of one priority: the connections that have any
// stand in a circle, and are served in turn. A newcomer waits for one full turn.
type subqueue[C comparable, M any] struct {
	priority int
	bucket   tokenBucket // used below PriorityLow
	length   int

	turn        *connectionQueue[C, M] // next to be served; nil if there is none
	connections map[uint64]*connectionQueue[C, M]
	peak        int // most connections there have been; a map does not shrink

	idle *freeList[connectionQueue[C, M]]
}

func (s *subqueue[C, M]) empty() bool         { return s.turn == nil }
func (s *subqueue[C, M]) front() *entry[C, M] { return s.turn.head }

func (s *subqueue[C, M]) push(e *entry[C, M]) {
	s.length++
	c := s.connections[e.item.ConnectionID]
	if c == nil {
		c = s.join(e.item.ConnectionID)
		c.head = e
	} else {
		c.tail.next = e
	}
	c.tail = e
	c.length++
}

// pop takes out the front message and passes the turn on.
func (s *subqueue[C, M]) pop() *entry[C, M] {
	s.length--
	c := s.turn
	e := c.head
	c.head = e.next
	c.length--
	if c.head == nil {
		s.leave(c)
	} else {
		s.turn = c.next
	}
	return e
}

// remove takes out all messages of a connection and returns the first, which has
// the others behind it, and the last; both are nil if there are none.
func (s *subqueue[C, M]) remove(connectionID uint64) (first, last *entry[C, M], n int) {
	c := s.connections[connectionID]
	if c == nil {
		return nil, nil, 0
	}
	first, last, n = c.head, c.tail, c.length
	s.length -= n
	s.leave(c)
	return first, last, n
}

// join puts a connection into the circle, at the end of the turn.
func (s *subqueue[C, M]) join(connectionID uint64) *connectionQueue[C, M] {
	c := s.idle.get()
	c.connectionID = connectionID
	if s.turn == nil {
		c.previous, c.next = c, c
		s.turn = c
	} else {
		c.previous, c.next = s.turn.previous, s.turn
		c.previous.next, c.next.previous = c, c
	}
	s.connections[connectionID] = c
	s.peak = max(s.peak, len(s.connections))
	return c
}

// leave takes a connection out of the circle. If it was its turn, it is the next
// one's.
func (s *subqueue[C, M]) leave(c *connectionQueue[C, M]) {
	switch {
	case c.next == c:
		s.turn = nil
	case s.turn == c:
		s.turn = c.next
	}
	c.previous.next, c.next.previous = c.next, c.previous
	delete(s.connections, c.connectionID)
	*c = connectionQueue[C, M]{}
	s.idle.put(c)
}
