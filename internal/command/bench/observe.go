package bench

import (
	"io"
	"log/slog"

	"simplemessenger/metrics"
	"simplemessenger/trace"
)

// observers are who may observe either end of a load, by name.
var observers = map[string]func() trace.Tracer{
	"none": func() trace.Tracer { return nil },
	// metrics counts what happens to messages, and gets records of the rest.
	"metrics": func() trace.Tracer { return metrics.New(metrics.Options{}) },
	// log is a logger at information level.
	"log": func() trace.Tracer {
		return trace.NewLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	},
	// records gets a record of every event, and drops it.
	"records": func() trace.Tracer { return trace.Func(func(trace.Record) {}) },
}

// Observers returns the names of who may observe either end.
func Observers() []string { return []string{"none", "metrics", "log", "records"} }
