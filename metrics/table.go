package metrics

import (
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// zerosUpTo is how many counters a table may have and show those that are 0. A rate sees the first
// event only of a counter that was there before it.
const zerosUpTo = 64

// table counts events by labels whose values are known beforehand. Others count as "other". It is
// for what does not come with each message.
type table struct {
	desc   *prometheus.Desc
	labels [][]string // the values of each label, "other" last
	counts []atomic.Uint64
}

func newTable(desc *prometheus.Desc, labels ...[]string) *table {
	t := &table{desc: desc}
	size := 1
	for _, values := range labels {
		t.labels = append(t.labels, append(slices.Clip(values), other))
		size *= len(values) + 1
	}
	t.counts = make([]atomic.Uint64, size)
	return t
}

// count counts an event that has these values, one of each label.
func (t *table) count(values ...string) {
	cell := 0
	for i, all := range t.labels {
		at := slices.Index(all, values[i])
		if at < 0 {
			at = len(all) - 1
		}
		cell = cell*len(all) + at
	}
	t.counts[cell].Add(1)
}

func (t *table) collect(to chan<- prometheus.Metric) {
	values := make([]string, len(t.labels))
	for cell := range t.counts {
		n := t.counts[cell].Load()
		if n == 0 && len(t.counts) > zerosUpTo {
			continue
		}
		rest := cell
		for i := len(t.labels) - 1; i >= 0; i-- {
			all := t.labels[i]
			values[i], rest = all[rest%len(all)], rest/len(all)
		}
		counter(to, t.desc, n, values...)
	}
}
