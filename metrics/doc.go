// Package metrics shows what a messenger does as metrics of Prometheus.
//
// A Collector is made before the messenger, which it observes as its tracer, and is then told whose
// sessions and queues to show:
//
//	c := metrics.New(metrics.Options{})
//	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{Pipe: pipe.Config{Tracer: c}})
//	c.Watch(m)
//	prometheus.MustRegister(c)
//
// Whoever has a tracer already puts both into trace.Multi. Several messengers of one process have a
// Collector each, which is registered by prometheus.WrapRegistererWith under a label of its own.
//
// What comes with each message is counted without a lock and without memory of its own (by a
// trace.Meter); the rest is read from Messenger.Dump when Prometheus asks. No peer can make the set
// of labels grow: each label has a list of values, and what is not in it is counted as "other".
// docs/observation.md has the names, and what to alert on; grafana.json is a dashboard of them.
package metrics
