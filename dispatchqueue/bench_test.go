package dispatchqueue

import (
	"fmt"
	"testing"
)

type benchMessage struct{ _ [64]byte }

// benchHandler opens the window again for each event and message that it gets.
type benchHandler struct{ fast bool }

func (benchHandler) HandleEvent(_ Kind, window chan struct{}, _ error)  { <-window }
func (benchHandler) Dispatch(window chan struct{}, _ *benchMessage)     { <-window }
func (benchHandler) Discard(window chan struct{}, _ *benchMessage)      { <-window }
func (h benchHandler) CanFastDispatch(*benchMessage) bool               { return h.fast }
func (benchHandler) FastPreprocess(chan struct{}, *benchMessage)        {}
func (benchHandler) FastDispatch(window chan struct{}, _ *benchMessage) { <-window }

// From Enqueue to Dispatch, with as many messages under way as the window allows.
func BenchmarkEnqueueToDispatch(b *testing.B) {
	for _, window := range []int{1, 32, 512} {
		for _, connections := range []uint64{1, 100} {
			b.Run(fmt.Sprintf("window=%d/connections=%d", window, connections), func(b *testing.B) {
				q := New[chan struct{}, *benchMessage](Config{}, benchHandler{})
				q.Start()
				open := make(chan struct{}, window)
				item := Item[chan struct{}, *benchMessage]{
					Connection: open, Message: new(benchMessage), Priority: 127, ThrottleSize: 4096,
				}
				b.ReportAllocs()
				for b.Loop() {
					open <- struct{}{}
					item.ConnectionID = item.ConnectionID%connections + 1
					q.DispatchThrottle().Get(4096, nil)
					q.Enqueue(item)
				}
				q.Shutdown()
				q.Wait()
			})
		}
	}
}

func BenchmarkEvent(b *testing.B) {
	q := New[chan struct{}, *benchMessage](Config{}, benchHandler{})
	q.Start()
	window := make(chan struct{}, 32)
	b.ReportAllocs()
	for b.Loop() {
		window <- struct{}{}
		q.QueueEvent(KindConnect, window, nil)
	}
	q.Shutdown()
	q.Wait()
}

func BenchmarkLocalFastDispatch(b *testing.B) {
	q := New[chan struct{}, *benchMessage](Config{}, benchHandler{fast: true})
	q.Start()
	item := Item[chan struct{}, *benchMessage]{Connection: make(chan struct{}, 32),
		Message: new(benchMessage)}
	b.ReportAllocs()
	for b.Loop() {
		item.Connection <- struct{}{}
		q.DeliverLocally(item)
	}
	q.Shutdown()
	q.Wait()
}

// The data structure alone: one message in, one out, with some queued.
func BenchmarkPrioritized(b *testing.B) {
	for _, bench := range []struct {
		name        string
		queued      int
		connections int
		priorities  []int
	}{
		{"empty", 0, 1, []int{127}},
		{"one connection", 100, 1, []int{127}},
		{"100 connections", 1000, 100, []int{127}},
		{"10000 connections", 100000, 10000, []int{127}},
		{"strict priorities", 1000, 100, []int{64, 127, 196, 255}},
		{"shared priorities", 1000, 100, []int{3, 10, 20, 63}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := newPrioritized[chan struct{}, *benchMessage](DefaultMaxTokensPerPriority,
				DefaultMinCost)
			item := Item[chan struct{}, *benchMessage]{Cost: 4096}
			push := func(i int) {
				item.ConnectionID = uint64(i % bench.connections)
				item.Priority = bench.priorities[i%len(bench.priorities)]
				p.push(&item, 0)
			}
			for i := range bench.queued {
				push(i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				push(i)
				p.pop(&item)
			}
		})
	}
}
