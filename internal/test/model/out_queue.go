package model

// outQueue holds messages to be written, and behind them those written and not acked. Their numbers
// are protocol.Numbers' business.
type outQueue struct {
	queued  uint8
	sent    uint8
	queue   [maxMessages]outgoing
	unacked [maxMessages]outgoing
}

type outgoing struct {
	message uint8 // from 1
	seq     uint8 // given when it is taken; 0 before
}

func (q *outQueue) push(message uint8) {
	q.queue[q.queued] = outgoing{message: message}
	q.queued++
}

// pop takes the next message to be written. resent says which number it had before, 0 for none.
func (s *session) pop(keep bool) (e outgoing, resent uint8) {
	q := &s.out
	e = q.queue[0]
	q.dropQueued()
	resent, e.seq = e.seq, uint8(s.Take())
	if keep {
		q.unacked[q.sent] = e
		q.sent++
	}
	return e, resent
}

func (q *outQueue) dropQueued() {
	copy(q.queue[:], q.queue[1:])
	q.queued--
	q.queue[q.queued] = outgoing{}
}

func (q *outQueue) ack(seq uint8) {
	for q.sent > 0 && q.unacked[0].seq <= seq {
		copy(q.unacked[:], q.unacked[1:])
		q.sent--
		q.unacked[q.sent] = outgoing{}
	}
}

// requeue puts what was written back to the front, and takes the numbers back.
func (s *session) requeue() {
	q := &s.out
	n := q.sent
	if n == 0 {
		return
	}
	copy(q.queue[n:], q.queue[:q.queued])
	copy(q.queue[:n], q.unacked[:n])
	q.queued += n
	s.Requeue(int(n))
	q.unacked, q.sent = [maxMessages]outgoing{}, 0
}

// discardRequeued drops what the peer has.
func (s *session) discardRequeued(seq uint8) {
	q, n := &s.out, 0
	for q.queued > 0 && q.queue[0].seq != 0 && q.queue[0].seq <= seq {
		q.dropQueued()
		n++
	}
	s.Discard(n, uint64(seq))
}

// OutQueue is the out queue as the model has it, for who compares it with the real one. The model
// cannot use that: its states are plain values, of which it holds millions.
type OutQueue struct{ s session }

// OutQueueRoom is how many messages it can hold.
const OutQueueRoom = maxMessages

// Outgoing is a message in it.
type Outgoing struct{ Message, Seq uint64 }

// Push appends a message.
func (q *OutQueue) Push(message uint8) { q.s.out.push(message) }

// Pop takes the next message to be written, of which there must be one, and numbers it.
func (q *OutQueue) Pop(keep bool) (o Outgoing, resent bool) {
	e, before := q.s.pop(keep)
	return Outgoing{uint64(e.message), uint64(e.seq)}, before != 0
}

// Ack drops what the peer has acked.
func (q *OutQueue) Ack(seq uint8) { q.s.out.ack(seq) }

// Requeue puts what was written back to the front.
func (q *OutQueue) Requeue() { q.s.requeue() }

// Discard drops what the peer has.
func (q *OutQueue) Discard(seq uint8) { q.s.discardRequeued(seq) }

// Reset begins anew.
func (q *OutQueue) Reset() { q.s.reset() }

// OutSeq returns the number of the last message taken.
func (q *OutQueue) OutSeq() uint64 { return q.s.OutSeq }

// Lists returns what is queued, and what was written and not acked.
func (q *OutQueue) Lists() (queued, sent []Outgoing) {
	for _, e := range q.s.out.queue[:q.s.out.queued] {
		queued = append(queued, Outgoing{uint64(e.message), uint64(e.seq)})
	}
	for _, e := range q.s.out.unacked[:q.s.out.sent] {
		sent = append(sent, Outgoing{uint64(e.message), uint64(e.seq)})
	}
	return queued, sent
}
