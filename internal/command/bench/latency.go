package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latency is a distribution of times, with three digits.
type latency struct {
	mu        sync.Mutex
	histogram *hdrhistogram.Histogram
	max       time.Duration // what the histogram rounds
}

const maxLatency = 100 * time.Second

func newLatency() *latency {
	return &latency{histogram: hdrhistogram.New(1, int64(maxLatency), 3)}
}

func (l *latency) record(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = max(l.max, d)
	_ = l.histogram.RecordValue(min(int64(d), int64(maxLatency)))
}

func (l *latency) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.histogram.Reset()
	l.max = 0
}

// merge adds what other has, which nobody adds to at the moment.
func (l *latency) merge(other *latency) {
	l.histogram.Merge(other.histogram)
	l.max = max(l.max, other.max)
}

// Percentile is a point of a distribution: Fraction of all took no longer than Micros.
type Percentile struct {
	Fraction float64 `json:"fraction"`
	Micros   float64 `json:"us"`
}

// Latency is a distribution of times in microseconds.
type Latency struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean_us"`
	Min   float64 `json:"min_us"`
	P50   float64 `json:"p50_us"`
	P90   float64 `json:"p90_us"`
	P99   float64 `json:"p99_us"`
	P999  float64 `json:"p999_us"`
	Max   float64 `json:"max_us"`

	curve []Percentile // for plots
	// by power of two: how many took up to 1 << i µs, and longer than the power before
	powers []int64
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func (l *latency) summary() Latency {
	h := l.histogram
	// The histogram rounds up, but nothing took longer than the longest.
	exact := func(v int64) float64 { return micros(min(time.Duration(v), l.max)) }
	at := func(p float64) float64 { return exact(h.ValueAtQuantile(p)) }
	s := Latency{Count: h.TotalCount(), Mean: h.Mean() / float64(time.Microsecond),
		Min: micros(time.Duration(h.Min())),
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: micros(l.max)}
	for _, b := range h.CumulativeDistributionWithTicks(10) {
		s.curve = append(s.curve, Percentile{b.Quantile / 100, exact(b.ValueAt)})
	}
	for _, b := range h.Distribution() {
		if b.Count == 0 {
			continue
		}
		i := powerOf((b.From + 999) / 1000)
		for len(s.powers) <= i {
			s.powers = append(s.powers, 0)
		}
		s.powers[i] += b.Count
	}
	return s
}
