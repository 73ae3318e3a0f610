package session

import "slices"

// outgoing is a message on its way: queued, or sent and not yet acked. The message itself is never
// changed, so that a new pipe may send it again while an old one is still writing it.
type outgoing struct {
	message *Message
	fate    *fate  // nil if nobody asks what becomes of it
	seq     uint64 // given when it is taken for writing; 0 before
	resent  bool   // it had been taken before, by an earlier pipe or on an earlier socket
}

// outQueue holds the messages of a session that the peer does not have yet, as far as we know:
// those that wait to be written, and behind them those that were written and not acked.
type outQueue struct {
	requeued fifo // sent on an earlier socket, to be sent again before anything else
	// never sent; ordered by priority, highest first; empty ones are kept for use again
	queues []priorityQueue
	queued int   // in both
	bytes  int64 // payload of the queued messages

	sent      fifo
	sentBytes int64

	held *heldBytes // counts all of it; nil in tests
}

type priorityQueue struct {
	priority uint16
	fifo
}

func (q *outQueue) queue(priority uint16) *priorityQueue {
	i, found := slices.BinarySearchFunc(q.queues, priority, func(e priorityQueue, p uint16) int {
		return int(p) - int(e.priority)
	})
	if !found {
		q.queues = slices.Insert(q.queues, i, priorityQueue{priority: priority})
	}
	return &q.queues[i]
}

// push appends a message to the queue of its priority.
func (q *outQueue) push(m *Message, f *fate) {
	q.queue(m.priority()).pushBack(outgoing{message: m, fate: f})
	q.queued++
	q.bytes += int64(m.PayloadLen())
	q.held.add(m.cost())
}

// pop takes the next message to be written, of which there must be one, and gives it its number.
// With keep it stays in the sent list until it is acked.
func (q *outQueue) pop(keep bool, seq uint64) outgoing {
	e, _ := q.popNext()
	size := int64(e.message.PayloadLen())
	q.queued--
	q.bytes -= size
	// A message that is sent again keeps its number by construction: Requeue set the number back by
	// as many.
	e.resent = e.seq != 0
	e.seq = seq
	if e.fate != nil && e.fate.delivery != nil {
		e.fate.delivery.taken = true
	}
	if keep {
		q.sent.pushBack(e)
		q.sentBytes += size
		e.fate = nil // it stands with what is kept
	} else {
		q.held.add(-e.message.cost())
	}
	return e
}

func (q *outQueue) popNext() (outgoing, bool) {
	if e, ok := q.requeued.popFront(); ok {
		return e, true
	}
	for i := range q.queues {
		if e, ok := q.queues[i].popFront(); ok {
			return e, true
		}
	}
	return outgoing{}, false
}

// withdraw removes a message that was never taken for writing. It returns its fate, nil if it is
// not there, and the message before it in its queue, nil for none.
func (q *outQueue) withdraw(d *Delivery) (f *fate, before *outgoing) {
	p := q.queue(d.message.priority())
	for i := range p.len() {
		f = p.at(i).fate
		if f == nil || f.delivery != d {
			continue
		}
		p.remove(i)
		q.queued--
		q.bytes -= int64(d.message.PayloadLen())
		q.held.add(-d.message.cost())
		if i > 0 {
			before = p.at(i - 1)
		}
		return f, before
	}
	return nil, nil
}

// ack drops the sent messages up to seq, tells over of each that somebody asks for, and returns how
// many they were.
func (q *outQueue) ack(seq uint64, over func(*fate)) int {
	n := 0
	for {
		e, ok := q.sent.front()
		if !ok || e.seq > seq {
			return n
		}
		q.sent.popFront()
		q.sentBytes -= int64(e.message.PayloadLen())
		q.held.add(-e.message.cost())
		n++
		if e.fate != nil {
			over(e.fate)
		}
	}
}

// requeue moves all sent messages to the front, in their order, and returns how many. They go
// before messages of any priority: a peer that does not tell what it has knows messages by their
// numbers, so each must keep its own.
func (q *outQueue) requeue() int {
	n := q.sent.len()
	for {
		e, ok := q.sent.popBack()
		if !ok {
			break
		}
		q.requeued.pushFront(e)
		q.bytes += int64(e.message.PayloadLen())
	}
	q.queued += n
	q.sentBytes = 0
	return n
}

// discardRequeued drops the requeued messages that the peer has, which are those up to seq, and
// returns how many.
func (q *outQueue) discardRequeued(seq uint64, over func(*fate)) int {
	n := 0
	for {
		e, ok := q.requeued.front()
		if !ok || e.seq > seq {
			return n
		}
		q.requeued.popFront()
		q.queued--
		q.bytes -= int64(e.message.PayloadLen())
		q.held.add(-e.message.cost())
		n++
		if e.fate != nil {
			over(e.fate)
		}
	}
}

// clear drops everything. It tells each of every message and its fate, in the order in which they
// would have gone, and returns how many were written and not acked, and how many never written.
func (q *outQueue) clear(each func(*Message, *fate)) (unacked, unsent int) {
	unacked = q.sent.len() + q.requeued.len()
	unsent = q.queued - q.requeued.len()
	q.held.add(-(q.bytes + q.sentBytes + MessageOverhead*int64(unacked+unsent)))
	old := *q
	*q = outQueue{held: q.held}
	for _, f := range [...]*fifo{&old.sent, &old.requeued} {
		f.each(each)
	}
	for i := range old.queues {
		old.queues[i].each(each)
	}
	return unacked, unsent
}

// fifo is a ring of outgoing messages that grows as needed and gives its memory back when it runs
// empty.
type fifo struct {
	ring []outgoing // length is a power of two, or zero
	head int
	n    int
}

const fifoKeep = 64 // an empty ring of up to this length is kept

func (f *fifo) len() int { return f.n }

func (f *fifo) at(i int) *outgoing { return &f.ring[(f.head+i)&(len(f.ring)-1)] }

func (f *fifo) grow() {
	if f.n < len(f.ring) {
		return
	}
	ring := make([]outgoing, max(4, 2*len(f.ring)))
	for i := range f.n {
		ring[i] = *f.at(i)
	}
	f.ring, f.head = ring, 0
}

func (f *fifo) pushBack(e outgoing) {
	f.grow()
	f.n++
	*f.at(f.n - 1) = e
}

func (f *fifo) pushFront(e outgoing) {
	f.grow()
	f.head = (f.head - 1) & (len(f.ring) - 1)
	f.n++
	f.ring[f.head] = e
}

func (f *fifo) front() (outgoing, bool) {
	if f.n == 0 {
		return outgoing{}, false
	}
	return *f.at(0), true
}

func (f *fifo) popFront() (outgoing, bool) {
	if f.n == 0 {
		return outgoing{}, false
	}
	e := *f.at(0)
	*f.at(0) = outgoing{}
	f.head = (f.head + 1) & (len(f.ring) - 1)
	f.n--
	f.shrink()
	return e, true
}

func (f *fifo) popBack() (outgoing, bool) {
	if f.n == 0 {
		return outgoing{}, false
	}
	e := *f.at(f.n - 1)
	*f.at(f.n - 1) = outgoing{}
	f.n--
	f.shrink()
	return e, true
}

// remove takes the i-th out, and moves what is on the shorter side.
func (f *fifo) remove(i int) {
	if i < f.n/2 {
		for ; i > 0; i-- {
			*f.at(i) = *f.at(i - 1)
		}
		f.popFront()
		return
	}
	for ; i < f.n-1; i++ {
		*f.at(i) = *f.at(i + 1)
	}
	f.popBack()
}

func (f *fifo) each(tell func(*Message, *fate)) {
	for i := range f.n {
		tell(f.at(i).message, f.at(i).fate)
	}
}

func (f *fifo) shrink() {
	if f.n == 0 && len(f.ring) > fifoKeep {
		*f = fifo{}
	}
}
