package bench

import (
	"slices"
	"testing"
)

// observedSlice is how many operations one half of a pair has.
const observedSlice = 5_000

// BenchmarkObserved shows what it costs to be observed: loads with and without an observer take
// turns in this process, and the median of the ratios of their processor times, pair by pair, is
// reported. An op is a pair. What else the machine does hits both halves alike.
//
//	go test -run '^$' -bench Observed -benchtime 100x ./internal/command/bench
func BenchmarkObserved(b *testing.B) {
	for _, tc := range []struct {
		name    string
		observe string
		o       Options
	}{
		{"observer=none", "none", Options{}}, // what the method itself shows: 1
		{"observer=metrics", "metrics", Options{}},
		{"observer=metrics/queue", "metrics", Options{Queue: true}},
		{"observer=log", "log", Options{}},
		{"observer=records", "records", Options{}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			observed := tc.o
			observed.Observe = tc.observe
			bare := newLoad(b, tc.o, newNetwork(b, "tcp"))
			with := newLoad(b, observed, newNetwork(b, "tcp"))
			var ratios []float64
			b.ResetTimer()
			for range b.N {
				ratios = append(ratios, cpuRatio(b, bare, with, len(ratios)%2 == 0))
			}
			b.StopTimer()
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
			b.ReportMetric(ratios[len(ratios)/4], "quartile-ratio")
			b.ReportMetric(ratios[len(ratios)*3/4], "quartile3-ratio")
		})
	}
}

// cpuRatio returns how much more processor time with takes than bare.
func cpuRatio(b *testing.B, bare, with load, bareFirst bool) float64 {
	b.Helper()
	loads := []load{bare, with}
	if !bareFirst {
		slices.Reverse(loads)
	}
	var took [2]float64
	for i, l := range loads {
		before := cpuTime()
		run(b, l, observedSlice)
		took[i] = float64(cpuTime() - before)
	}
	if !bareFirst {
		slices.Reverse(took[:])
	}
	return took[1] / took[0]
}
