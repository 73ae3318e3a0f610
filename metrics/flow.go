package metrics

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"simplemessenger/trace"
)

var (
	sentMessages = describe("messages_sent_total",
		"Messages handed to sockets, again after a fault included.", "type")
	sentBytes = describe("message_sent_bytes_total",
		"Payload of messages handed to sockets.", "type")
	resentMessages = describe("messages_resent_total",
		"Messages handed to a socket that an earlier one had taken already.")
	receivedMessages = describe("messages_received_total",
		"Whole and valid messages read.", "type")
	receivedBytes = describe("message_received_bytes_total",
		"Payload of whole and valid messages read.", "type")
	dispatches = describe("dispatches_total",
		"Messages handed to dispatchers, in the reader (fast) or through the dispatch queue.",
		"path")
	dispatchLatency = describe("dispatch_latency_seconds",
		"Time between a message's last byte and its dispatch from the dispatch queue.")
)

// collectFlows tells of the types of which there were messages, and of their dispatch.
func (c *Collector) collectFlows(to chan<- prometheus.Metric) {
	s := c.meter.Snapshot()
	for place, name := range c.types.names {
		tellFlow(to, s.Sent[place], name, sentMessages, sentBytes)
		tellFlow(to, s.Received[place], name, receivedMessages, receivedBytes)
	}
	counter(to, resentMessages, s.Resent)
	counter(to, dispatches, s.Fast, "fast")
	counter(to, dispatches, s.Queued.Count, "queue")
	to <- newHistogram(dispatchLatency, s.Queued)
}

func tellFlow(to chan<- prometheus.Metric, f trace.Flow, name string,
	messages, bytes *prometheus.Desc) {
	if f.Messages > 0 {
		counter(to, messages, f.Messages, name)
		counter(to, bytes, f.Bytes, name)
	}
}

// The buckets of the classic histogram, for servers that do not scrape native ones: each is four
// times as wide as the one before, from a microsecond to a minute. They end where native ones do.
const (
	lowestClassic  = -20 // 2^-20 s
	highestClassic = 6
	classicStep    = 2
)

// histogram is a native histogram that has classic buckets too.
type histogram struct {
	prometheus.Metric
	waits trace.Waits
}

func newHistogram(d *prometheus.Desc, w trace.Waits) prometheus.Metric {
	counts := make(map[int]int64, len(w.Buckets))
	for bucket, n := range w.Buckets {
		counts[bucket] = int64(n)
	}
	native, err := prometheus.NewConstNativeHistogram(d, w.Count, w.Sum.Seconds(), counts, nil,
		w.Zero, trace.WaitSchema, prometheus.DefNativeHistogramZeroThreshold, time.Time{})
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return histogram{native, w}
}

// Write implements prometheus.Metric.
func (h histogram) Write(out *dto.Metric) error {
	if err := h.Metric.Write(out); err != nil {
		return err
	}
	for octave := lowestClassic; octave <= highestClassic; octave += classicStep {
		below := h.waits.Zero
		for bucket, n := range h.waits.Buckets {
			if bucket <= octave<<trace.WaitSchema {
				below += n
			}
		}
		end := math.Exp2(float64(octave))
		out.Histogram.Bucket = append(out.Histogram.Bucket, &dto.Bucket{UpperBound: &end,
			CumulativeCount: &below})
	}
	return nil
}
