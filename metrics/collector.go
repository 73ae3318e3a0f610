package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
)

// Options are what a Collector can be told. The zero value is a good one.
type Options struct {
	// Types names the program's own types of messages, for the label "type". Those of package
	// messages have their names. At most MaxTypes are named; all others count as "other".
	Types map[uint16]string
}

// Collector observes one messenger. It is its tracer (trace.Metered) and a prometheus.Collector.
// Its methods may be called by many goroutines at once.
type Collector struct {
	types  types
	meter  *trace.Meter
	events events

	messenger atomic.Pointer[simplemsgr.Messenger]
	policies  seenPolicies
}

// New returns a Collector that has counted nothing.
func New(o Options) *Collector {
	c := &Collector{types: newTypes(o.Types), events: newEvents()}
	c.meter = trace.NewMeter(len(c.types.names), c.types.places)
	return c
}

// Meter implements trace.Metered: messages are counted by type.
func (c *Collector) Meter() *trace.Meter { return c.meter }

// Watch says whose sessions, queues and throttles are shown; before it only what was counted is.
// The messenger is kept until another takes its place: nil ends the watch.
func (c *Collector) Watch(m *simplemsgr.Messenger) { c.messenger.Store(m) }

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range descriptions {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	c.collectFlows(to)
	c.events.collect(to)
	if m := c.messenger.Load(); m != nil {
		c.collectDump(to, m.Dump())
	}
}

var (
	_ prometheus.Collector = (*Collector)(nil)
	_ trace.Metered        = (*Collector)(nil)
)

// descriptions are those of all metrics, in the order of their declaration.
var descriptions []*prometheus.Desc

// describe declares a metric.
func describe(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc("simplemsgr_"+name, help, labels, nil)
	descriptions = append(descriptions, d)
	return d
}

func counter(to chan<- prometheus.Metric, d *prometheus.Desc, n uint64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge[N int | int64 | float64](to chan<- prometheus.Metric, d *prometheus.Desc, n N,
	labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
}
