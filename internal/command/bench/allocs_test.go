//go:build !race

package bench

import (
	"testing"

	"simplemessenger/internal/command/engine"
)

// An operation is two messages: each is made by its sender, which costs one allocation here, and
// received. A received message without pooling is the Message and the memory for its parts; with
// pooling it is nothing.
func TestAllocationsPerOperation(t *testing.T) {
	const (
		ops   = 20_000
		slack = 0.3 // what queues and pools allocate now and then
	)
	var events engine.Engine
	if err := events.Set("async"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    Options
		most float64
	}{
		{"event engine", Options{Engine: events}, 2 + 4},
		{"event engine, pooled with data", Options{Engine: events, Pool: true, Size: 4096}, 2},
		{"default", Options{}, 2 + 4},
		{"default with data", Options{Size: 4096}, 2 + 4},
		{"pooled", Options{Pool: true}, 2},
		{"pooled with data", Options{Pool: true, Size: 4096}, 2},
		{"queue", Options{Pool: true, Queue: true}, 2},
		{"lossless", Options{Pool: true, Policy: "lossless-peer"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLoad(t, c.o, newNetwork(t, "tcp"))
			run(t, l, 1000)
			before := ProcessUsage().Mallocs
			run(t, l, ops)
			got := float64(ProcessUsage().Mallocs-before) / ops
			t.Logf("%.2f allocations", got)
			if got > c.most+slack {
				t.Errorf("%.2f allocations, want at most %.0f", got, c.most)
			}
		})
	}
}
