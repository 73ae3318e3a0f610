package session

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplemessenger/internal/test/model"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// The model of two peers has an out queue of its own, in a plain value. What it explores with that
// holds for this one, since both do the same.
func TestOutQueueIsThatOfTheExploredModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(newBench(LosslessPeer()), peer, false)
		// Numbers begin at 0 after a reset.
		s.features = wire.FeaturesSupported &^ wire.FeatureMsgAuth
		var explored model.OutQueue
		held := func() int { return s.out.queued + s.out.sent.len() }
		var tid uint8
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				if held() < model.OutQueueRoom {
					tid = tid%100 + 1
					s.out.push(&Message{TID: uint64(tid)}, nil)
					explored.Push(tid)
				}
			},
			"pop": func(t *rapid.T) {
				if s.out.queued == 0 || s.numbers.OutSeq > 200 {
					return
				}
				s.policy.Lossy = rapid.Bool().Draw(t, "lossy")
				got, _ := s.takeLocked()
				want, resent := explored.Pop(!s.policy.Lossy)
				if got.seq != want.Seq || got.message.TID != want.Message || got.resent != resent {
					t.Fatalf("model %+v, resent %v; queue %+v", want, resent, got)
				}
			},
			"ack": func(t *rapid.T) {
				seq := rapid.Uint8Max(250).Draw(t, "seq")
				s.out.ack(uint64(seq), nil)
				explored.Ack(seq)
			},
			"fault": func(t *rapid.T) {
				s.requeueLocked()
				explored.Requeue()
			},
			"seq": func(t *rapid.T) {
				if s.out.sent.len() > 0 {
					return // it is exchanged after a fault, before anything is written
				}
				seq := rapid.Uint8Max(uint8(min(250, s.numbers.OutSeq+4))).Draw(t, "seq")
				s.numbers.Discard(s.out.discardRequeued(uint64(seq), nil), uint64(seq))
				explored.Discard(seq)
			},
			"reset": func(t *rapid.T) {
				s.resetLocked(protocol.LossRestarted, ErrPeerLost)
				explored.Reset()
			},
			"": func(t *rapid.T) {
				var queued, sent []model.Outgoing
				each := func(f *fifo, to *[]model.Outgoing) {
					for i := range f.len() {
						e := f.at(i)
						*to = append(*to, model.Outgoing{Message: e.message.TID, Seq: e.seq})
					}
				}
				each(&s.out.requeued, &queued)
				for i := range s.out.queues {
					each(&s.out.queues[i].fifo, &queued)
				}
				each(&s.out.sent, &sent)
				wantQueued, wantSent := explored.Lists()
				if diff := cmp.Diff(wantQueued, queued) + cmp.Diff(wantSent, sent); diff != "" {
					t.Fatalf("(-model +queue):\n%s", diff)
				}
				if s.numbers.OutSeq != explored.OutSeq() {
					t.Fatalf("out_seq %d, in the model %d", s.numbers.OutSeq, explored.OutSeq())
				}
			},
		})
	})
}
