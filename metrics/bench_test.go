package metrics_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simplemessenger/metrics"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// BenchmarkMessage is what one message costs: counted as sent, as received and as dispatched in the
// reader.
func BenchmarkMessage(b *testing.B) {
	m := metrics.New(metrics.Options{}).Meter()
	b.ReportAllocs()
	for b.Loop() {
		m.CountSent(1, 42, 4096, false)
		m.CountReceived(1, 43, 4096)
		m.CountFast(1)
	}
}

// BenchmarkQueuedMessage has the histogram with it.
func BenchmarkQueuedMessage(b *testing.B) {
	m := metrics.New(metrics.Options{}).Meter()
	b.ReportAllocs()
	for b.Loop() {
		m.CountQueued(1, 12345)
	}
}

// BenchmarkRecords is what the same would cost a tracer that is no meter.
func BenchmarkRecords(b *testing.B) {
	var c trace.Counters
	h := wire.MessageHeader{Type: 42, FrontLen: 4096}
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range []trace.Event{trace.MessageSent{Header: h},
			trace.MessageReceived{Header: h}, trace.Dispatched{Header: h, Fast: true}} {
			c.Trace(trace.Record{Time: time.Now(), Event: e})
		}
	}
}

// BenchmarkCollect is what Prometheus' question costs.
func BenchmarkCollect(b *testing.B) {
	c := metrics.New(metrics.Options{})
	hostile(c, 1<<16)
	for b.Loop() {
		to := make(chan prometheus.Metric, 10_000)
		c.Collect(to)
	}
}
