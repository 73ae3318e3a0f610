package trace

import (
	"math"
	"sync/atomic"
	"time"
)

// The buckets of Waits: each is 2^(1/8), 9 %, wider than the one before, as those of Prometheus'
// native histograms of schema 3 are. They reach from a nanosecond to an hour; what is beyond counts
// into the last.
const (
	WaitSchema   = 3
	perOctave    = 1 << WaitSchema
	lowestOctave = -30
	octaves      = 42
	waitBuckets  = octaves * perOctave
)

// Waits is a histogram of how long messages have waited.
type Waits struct {
	Count uint64
	Sum   time.Duration
	Zero  uint64 // those that have not waited
	// Buckets has the others: bucket i those of up to 2^(i/8) seconds, and more than bucket i-1.
	// Empty ones are left out.
	Buckets map[int]uint64
}

// boundsOfOctave are the ends of the buckets of an octave, as fractions of the octave's end.
var boundsOfOctave = func() (b [perOctave]float64) {
	for i := range b {
		b[i] = math.Exp2(float64(i)/perOctave - 1)
	}
	return b
}()

// waits counts for one stripe of a Meter.
type waits struct {
	fast    atomic.Uint64
	sum     atomic.Int64 // nanoseconds
	zero    atomic.Uint64
	buckets [waitBuckets]atomic.Uint64
}

func (w *waits) observe(d time.Duration) {
	if d <= 0 {
		w.zero.Add(1)
		return
	}
	w.sum.Add(int64(d))
	w.buckets[bucketOf(d)].Add(1)
}

// bucketOf returns the place of the bucket that has d, which is positive: of the first whose end is
// not below it.
func bucketOf(d time.Duration) int {
	fraction, exponent := math.Frexp(d.Seconds())
	i := (exponent - 1 - lowestOctave) * perOctave
	for _, b := range boundsOfOctave {
		if b < fraction {
			i++
		}
	}
	return min(max(i, 0), waitBuckets-1)
}

func (w *waits) addTo(sum *Waits) {
	sum.Sum += time.Duration(w.sum.Load())
	zero := w.zero.Load()
	sum.Zero += zero
	sum.Count += zero
	for place := range w.buckets {
		if n := w.buckets[place].Load(); n > 0 {
			sum.Buckets[place+lowestOctave*perOctave] += n
			sum.Count += n
		}
	}
}
