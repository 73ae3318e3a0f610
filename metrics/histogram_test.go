package metrics_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"simplemessenger/metrics"
	"simplemessenger/trace"
)

// native returns the native buckets of a histogram, by their number.
func native(h *dto.Histogram) map[int]int64 {
	all := map[int]int64{}
	at, count, next := 0, int64(0), 0
	for _, span := range h.GetPositiveSpan() {
		at += int(span.GetOffset())
		for range span.GetLength() {
			count += h.GetPositiveDelta()[next]
			next++
			if count != 0 {
				all[at] = count
			}
			at++
		}
	}
	return all
}

// latency returns the histogram that a collector shows.
func latency(t interface{ Fatal(...any) }, c *metrics.Collector) *dto.Histogram {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "simplemsgr_dispatch_latency_seconds" {
			return f.GetMetric()[0].GetHistogram()
		}
	}
	t.Fatal("no histogram")
	return nil
}

// The buckets are those of the client library, which takes longer to count.
func TestBucketsAreThoseOfTheLibrary(t *testing.T) {
	const perOctave = 1 << trace.WaitSchema
	var classic []float64
	for end := math.Exp2(-20); end <= 64; end *= 4 {
		classic = append(classic, end)
	}
	rapid.Check(t, func(t *rapid.T) {
		theirs := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "theirs",
			NativeHistogramBucketFactor: math.Exp2(1.0 / perOctave), Buckets: classic})
		ours := metrics.New(metrics.Options{})
		observe := func(d time.Duration) {
			theirs.Observe(max(0, d.Seconds()))
			ours.Meter().CountQueued(uint64(d), d)
		}
		for _, d := range rapid.SliceOfN(rapid.Int64Range(-1, int64(time.Hour)), 0, 50).
			Draw(t, "waits") {
			observe(time.Duration(d))
		}
		// Ends of buckets are where a slip would show.
		for _, i := range rapid.SliceOfN(rapid.IntRange(-20*perOctave, 8*perOctave), 0, 50).
			Draw(t, "ends") {
			observe(time.Duration(math.Exp2(float64(i)/perOctave) * 1e9))
		}
		var out dto.Metric
		if err := theirs.Write(&out); err != nil {
			t.Fatal(err)
		}
		want, got := out.GetHistogram(), latency(t, ours)
		if diff := cmp.Diff(native(want), native(got)); diff != "" {
			t.Fatal(diff)
		}
		if got.GetSchema() != want.GetSchema() || got.GetSampleCount() != want.GetSampleCount() ||
			got.GetZeroCount() != want.GetZeroCount() ||
			math.Abs(got.GetSampleSum()-want.GetSampleSum()) > 1e-6*want.GetSampleSum() {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i, b := range want.GetBucket() {
			if g := got.GetBucket()[i]; g.GetUpperBound() != b.GetUpperBound() ||
				g.GetCumulativeCount() != b.GetCumulativeCount() {
				t.Fatalf("classic bucket %d: got %v, want %v", i, g, b)
			}
		}
	})
}
