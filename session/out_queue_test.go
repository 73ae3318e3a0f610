package session

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplemessenger/protocol"
)

// queueModel is an outQueue as one would write it down: lists, searched from end to end.
type queueModel struct {
	again []modelMessage // sent before, to be sent again
	fresh []modelMessage
	sent  []modelMessage
	seq   uint64
	told  []*Message // of which somebody was told the fate
}

type modelMessage struct {
	message *Message
	asked   bool // for its fate
	seq     uint64
	resent  bool
}

func (q *queueModel) push(m *Message, asked bool) {
	q.fresh = append(q.fresh, modelMessage{message: m, asked: asked})
}

func (q *queueModel) tell(m modelMessage) {
	if m.asked {
		q.told = append(q.told, m.message)
	}
}

// withdraw removes a message that was never sent, and returns the one before it of its priority.
func (q *queueModel) withdraw(m *Message) (before *Message, ok bool) {
	for i, e := range q.fresh {
		if e.message == m {
			q.fresh = slices.Delete(q.fresh, i, i+1)
			return before, true
		}
		if e.message.priority() == m.priority() {
			before = e.message
		}
	}
	return nil, false
}

func (q *queueModel) pop(keep bool) (modelMessage, bool) {
	from := &q.again
	next := 0
	if len(q.again) == 0 {
		if len(q.fresh) == 0 {
			return modelMessage{}, false
		}
		from = &q.fresh
		for i, m := range q.fresh {
			if m.message.priority() > q.fresh[next].message.priority() {
				next = i
			}
		}
	}
	m := (*from)[next]
	*from = slices.Delete(*from, next, next+1)
	q.seq++
	m.resent, m.seq = from == &q.again, q.seq
	if keep {
		q.sent = append(q.sent, m)
	}
	return m, true
}

func (q *queueModel) ack(seq uint64) (n int) {
	for len(q.sent) > 0 && q.sent[0].seq <= seq {
		q.tell(q.sent[0])
		q.sent = q.sent[1:]
		n++
	}
	return n
}

func (q *queueModel) requeue() (n int) {
	n = len(q.sent)
	q.again = append(slices.Clone(q.sent), q.again...)
	q.sent = nil
	q.seq -= uint64(n)
	return n
}

func (q *queueModel) discardRequeued(seq uint64) (n int) {
	for len(q.again) > 0 && q.again[0].seq <= seq {
		q.tell(q.again[0])
		q.again = q.again[1:]
		q.seq++
		n++
	}
	return n
}

func (q *queueModel) clear() (n int) {
	n = len(q.again) + len(q.fresh) + len(q.sent)
	slices.SortStableFunc(q.fresh, func(a, b modelMessage) int {
		return int(b.message.priority()) - int(a.message.priority())
	})
	for _, m := range slices.Concat(q.sent, q.again, q.fresh) {
		q.tell(m)
	}
	*q = queueModel{seq: q.seq, told: q.told}
	return n
}

// totals are what the queue counts as it goes along.
type totals struct {
	Queued, Sent           int
	QueuedBytes, SentBytes int64
	Seq                    uint64
}

func (q *queueModel) totals() totals {
	t := totals{Queued: len(q.again) + len(q.fresh), Sent: len(q.sent), Seq: q.seq}
	for _, m := range append(slices.Clone(q.again), q.fresh...) {
		t.QueuedBytes += int64(m.message.PayloadLen())
	}
	for _, m := range q.sent {
		t.SentBytes += int64(m.message.PayloadLen())
	}
	return t
}

// numbered is a queue and the numbers of its messages, as a session has them.
type numbered struct {
	outQueue
	protocol.Numbers
	told []*Message
}

func (q *numbered) tell(f *fate) { q.told = append(q.told, f.delivery.message) }

func (q *numbered) clear() int {
	unacked, unsent := q.outQueue.clear(func(_ *Message, f *fate) {
		if f != nil {
			q.tell(f)
		}
	})
	return unacked + unsent
}

func (q *numbered) pop(keep bool) (outgoing, bool) {
	if q.queued == 0 {
		return outgoing{}, false
	}
	return q.outQueue.pop(keep, q.Take()), true
}

func (q *numbered) requeue() int {
	n := q.outQueue.requeue()
	q.Requeue(n)
	return n
}

func (q *numbered) discardRequeued(seq uint64) int {
	n := q.outQueue.discardRequeued(seq, q.tell)
	q.Discard(n, 0)
	return n
}

func totalsOf(q *numbered) totals {
	return totals{Queued: q.queued, Sent: q.sent.len(), QueuedBytes: q.bytes,
		SentBytes: q.sentBytes, Seq: q.OutSeq}
}

func TestOutQueueIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q numbered
		var model queueModel
		var deliveries []*Delivery
		same := func(what string, want, got any) {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-model +queue):\n%s", what, diff)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				m := &Message{
					TID:      rapid.Uint64().Draw(t, "tid"),
					Priority: rapid.SampledFrom([]uint16{0, 64, 255, 300}).Draw(t, "priority"),
					Front:    make([]byte, rapid.IntRange(0, 5).Draw(t, "size")),
				}
				asked := rapid.Bool().Draw(t, "asked")
				var f *fate
				if asked {
					f = &fate{delivery: &Delivery{message: m}}
					deliveries = append(deliveries, f.delivery)
				}
				q.push(m, f)
				model.push(m, asked)
			},
			"withdraw": func(t *rapid.T) {
				if len(deliveries) == 0 {
					return
				}
				d := rapid.SampledFrom(deliveries).Draw(t, "delivery")
				want, ok := model.withdraw(d.message)
				f, before := q.withdraw(d)
				same("withdrawn", ok, f != nil)
				var got *Message
				if before != nil {
					got = before.message
				}
				if got != want {
					t.Fatalf("before it: want %v, got %v", want, got)
				}
			},
			"pop": func(t *rapid.T) {
				keep := rapid.Bool().Draw(t, "keep")
				want, ok := model.pop(keep)
				got, gotOK := q.pop(keep)
				same("pop: any", ok, gotOK)
				if ok && (want.message != got.message || want.seq != got.seq ||
					want.resent != got.resent) {
					t.Fatalf("pop: want seq %d resent %v priority %d, got seq %d resent %v "+
						"priority %d", want.seq, want.resent,
						want.message.priority(), got.seq, got.resent, got.message.priority())
				}
			},
			"ack": func(t *rapid.T) {
				seq := rapid.Uint64Range(0, model.seq+2).Draw(t, "seq")
				same("ack", model.ack(seq), q.ack(seq, q.tell))
			},
			"requeue": func(*rapid.T) { same("requeue", model.requeue(), q.requeue()) },
			"discardRequeued": func(t *rapid.T) {
				seq := rapid.Uint64Range(0, model.seq+10).Draw(t, "seq")
				same("discardRequeued", model.discardRequeued(seq), q.discardRequeued(seq))
			},
			"clear": func(*rapid.T) { same("clear", model.clear(), q.clear()) },
			"": func(t *rapid.T) {
				same("totals", model.totals(), totalsOf(&q))
				if !slices.Equal(model.told, q.told) {
					t.Fatalf("told of: want %v, got %v", model.told, q.told)
				}
			},
		})
	})
}

// What was sent goes out again before anything else, under its old numbers, whatever priority
// waits: a peer that does not tell what it has knows messages by their numbers alone.
func TestRequeuedGoFirst(t *testing.T) {
	var q numbered
	for tid := range uint64(3) {
		q.push(&Message{TID: tid}, nil)
	}
	for range 3 {
		q.pop(true)
	}
	q.requeue()
	q.push(&Message{TID: 3, Priority: 1000}, nil)
	for want := range uint64(4) {
		e, ok := q.pop(true)
		if !ok || e.message.TID != want || e.seq != want+1 || e.resent != (want < 3) {
			t.Errorf("want message %d with seq %d, got %+v", want, want+1, e)
		}
	}
}

func TestFifoIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f fifo
		var model []uint64
		pop := func(t *rapid.T, end int, popped func() (outgoing, bool)) {
			e, ok := popped()
			if ok != (len(model) > 0) {
				t.Fatalf("popped %v of %d", ok, len(model))
			}
			if !ok {
				return
			}
			at := end * (len(model) - 1)
			if e.seq != model[at] {
				t.Fatalf("popped %d, want %d", e.seq, model[at])
			}
			model = slices.Delete(model, at, at+1)
		}
		t.Repeat(map[string]func(*rapid.T){
			"pushBack": func(t *rapid.T) {
				for range rapid.IntRange(1, 100).Draw(t, "n") {
					seq := rapid.Uint64().Draw(t, "seq")
					f.pushBack(outgoing{seq: seq})
					model = append(model, seq)
				}
			},
			"pushFront": func(t *rapid.T) {
				seq := rapid.Uint64().Draw(t, "seq")
				f.pushFront(outgoing{seq: seq})
				model = slices.Insert(model, 0, seq)
			},
			"popFront": func(t *rapid.T) { pop(t, 0, f.popFront) },
			"popBack":  func(t *rapid.T) { pop(t, 1, f.popBack) },
			"drain": func(t *rapid.T) {
				for f.len() > 0 {
					pop(t, 0, f.popFront)
				}
			},
			"": func(t *rapid.T) {
				if f.len() != len(model) {
					t.Fatalf("length %d, want %d", f.len(), len(model))
				}
				e, ok := f.front()
				if ok != (len(model) > 0) || ok && e.seq != model[0] {
					t.Fatalf("front %d %v of %v", e.seq, ok, model)
				}
				if f.len() == 0 && len(f.ring) > fifoKeep {
					t.Fatalf("an empty queue keeps %d places", len(f.ring))
				}
				// What is not in the queue is not kept from the garbage collector.
				for i := f.len(); i < len(f.ring); i++ {
					if *f.at(i) != (outgoing{}) {
						t.Fatalf("place %d behind the end still holds %+v", i, *f.at(i))
					}
				}
			},
		})
	})
}
