package bench

import (
	"fmt"
	"io"
	"math/bits"
	"strings"
)

// WriteText writes r for a human: percentiles, and histograms of both times.
func (r *PriorityResult) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "A message of high priority and its reply, against %d MiB of low "+
		"priority (%s each) that are always queued.\n\n",
		r.Backlog>>20, sizeText(r.Size)); err != nil {
		return err
	}
	percentiles := table{head: []string{"µs until the reply", "messages", "min", "p50", "p90",
		"p99", "max", "low MB/s"}}
	waits := table{head: []string{"µs until the messenger takes it", "messages", "min", "p50",
		"p90", "p99", "max", "low bytes taken before it"}}
	replies, own := histogram{unit: "µs until the reply"}, histogram{unit: "µs until taken"}
	n := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	for _, c := range r.Cases {
		low := ""
		if c.LowMBPerSec > 0 {
			low = n(c.LowMBPerSec)
		}
		percentiles.row(c.Name, fmt.Sprint(c.Count), n(c.Min), n(c.P50), n(c.P90), n(c.P99),
			n(c.Max), low)
		waits.row(c.Name, fmt.Sprint(c.Wait.Count), n(c.Wait.Min), n(c.Wait.P50), n(c.Wait.P90),
			n(c.Wait.P99), n(c.Wait.Max), fmt.Sprintf("%d at most", c.MaxAhead))
		replies.add(c.Name, c.Latency)
		own.add(c.Name, c.Wait)
	}
	for i, part := range []interface{ write(io.Writer) error }{&waits, &own, &percentiles,
		&replies} {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := part.write(w); err != nil {
			return err
		}
	}
	return nil
}

// histogram shows distributions side by side. A row is a power of two, a bar the share of a
// column's messages.
type histogram struct {
	unit    string
	names   []string
	columns [][]int64 // by power of two: how many took up to 1 << i µs
	totals  []int64
}

const barLength = 10

func (h *histogram) add(name string, l Latency) {
	h.names = append(h.names, name)
	h.columns = append(h.columns, l.powers)
	h.totals = append(h.totals, l.Count)
}

func (h *histogram) write(w io.Writer) error {
	t := table{head: append([]string{h.unit + ", up to"}, h.names...)}
	first, end := -1, 0
	for _, c := range h.columns {
		for i, n := range c {
			if n > 0 {
				if first < 0 || i < first {
					first = i
				}
				end = max(end, i+1)
			}
		}
	}
	for i := max(first, 0); i < end; i++ {
		cells := []string{fmt.Sprint(1 << i)}
		for k, c := range h.columns {
			cell := ""
			if i < len(c) && c[i] > 0 {
				length := int((c[i]*barLength + h.totals[k] - 1) / h.totals[k])
				cell = fmt.Sprintf("%s %4d", strings.Repeat("█", length), c[i])
			}
			cells = append(cells, cell)
		}
		t.row(cells...)
	}
	return t.write(w)
}

// powerOf returns the smallest i with v <= 1 << i.
func powerOf(v int64) int { return bits.Len64(uint64(max(v, 1) - 1)) }
