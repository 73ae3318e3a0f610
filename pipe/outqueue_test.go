package pipe

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
}

type modelMessage struct {
	message *Message
	seq     uint64
	resent  bool
}

func (q *queueModel) push(m *Message) { q.fresh = append(q.fresh, modelMessage{message: m}) }

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
		q.again = q.again[1:]
		q.seq++
		n++
	}
	return n
}

func (q *queueModel) clear() (n int) {
	n = len(q.again) + len(q.fresh) + len(q.sent)
	*q = queueModel{seq: q.seq}
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
	n := q.outQueue.discardRequeued(seq)
	q.Discard(n, 0)
	return n
}

func totalsOf(q *numbered) totals {
	return totals{Queued: q.queued, Sent: q.sent.len(), QueuedBytes: q.bytes, SentBytes: q.sentBytes, Seq: q.OutSeq}
}

func TestOutQueueIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q numbered
		var model queueModel
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
				q.push(m)
				model.push(m)
			},
			"pop": func(t *rapid.T) {
				keep := rapid.Bool().Draw(t, "keep")
				want, ok := model.pop(keep)
				got, gotOK := q.pop(keep)
				same("pop: any", ok, gotOK)
				if ok && (want.message != got.message || want.seq != got.seq || want.resent != got.resent) {
					t.Fatalf("pop: want seq %d resent %v priority %d, got seq %d resent %v priority %d", want.seq, want.resent,
						want.message.priority(), got.seq, got.resent, got.message.priority())
				}
			},
			"ack": func(t *rapid.T) {
				seq := rapid.Uint64Range(0, model.seq+2).Draw(t, "seq")
				same("ack", model.ack(seq), q.ack(seq))
			},
			"requeue": func(*rapid.T) { same("requeue", model.requeue(), q.requeue()) },
			"discardRequeued": func(t *rapid.T) {
				seq := rapid.Uint64Range(0, model.seq+10).Draw(t, "seq")
				same("discardRequeued", model.discardRequeued(seq), q.discardRequeued(seq))
			},
			"clear": func(*rapid.T) { same("clear", model.clear(), q.clear()) },
			"":      func(*rapid.T) { same("totals", model.totals(), totalsOf(&q)) },
		})
	})
}

// What was sent goes out again before anything else, under its old numbers, whatever priority waits: a peer that does not tell what it has
// knows messages by their numbers alone.
func TestRequeuedGoFirst(t *testing.T) {
	var q numbered
	for tid := range uint64(3) {
		q.push(&Message{TID: tid})
	}
	for range 3 {
		q.pop(true)
	}
	q.requeue()
	q.push(&Message{TID: 3, Priority: 1000})
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
