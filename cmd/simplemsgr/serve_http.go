package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/pkg/errors"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/pflag"

	"simplemessenger/metrics"
	"simplemessenger/msghttp"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
)

// serveHTTP is how serve shows what it does.
type serveHTTP struct {
	bind      string // "" for not at all
	profiles  bool
	collector *metrics.Collector
}

func (h *serveHTTP) add(flags *pflag.FlagSet) {
	flags.StringVar(&h.bind, "http", "",
		"address, HOST:PORT, at which to show /metrics, /dump and /healthz; port 0 takes a free one")
	flags.BoolVar(&h.profiles, "http-profiles", false, "with --http: show /debug/pprof/ too")
}

// observe has a messenger of that configuration counted, if it is to be shown.
func (h *serveHTTP) observe(config *simplemsgr.Config) error {
	if h.bind == "" {
		if h.profiles {
			return errors.New("--http-profiles: there is no --http to show them")
		}
		return nil
	}
	h.collector = metrics.New(metrics.Options{})
	config.Pipe.Tracer = trace.Multi(config.Pipe.Tracer, h.collector)
	return nil
}

// start shows m, says on out where, and returns how to end that.
func (h *serveHTTP) start(ctx context.Context, m *simplemsgr.Messenger,
	out io.Writer) (stop func(), err error) {
	if h.collector == nil {
		return func() {}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", h.bind)
	if err != nil {
		return nil, errors.WithMessage(err, "--http")
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(h.collector, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	h.collector.Watch(m)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second,
		Handler: msghttp.New(m, msghttp.Options{Gatherer: registry, Profiles: h.profiles})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	fmt.Fprintf(out, "shown at http://%v/\n", listener.Addr())
	return func() {
		_ = server.Close()
		<-ended
	}, nil
}
