package msghttp

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"simplemessenger/simplemsgr"
)

// Options say what a handler shows.
type Options struct {
	// Gatherer is what /metrics shows, such as a *prometheus.Registry; nil for no /metrics.
	Gatherer prometheus.Gatherer
	// Healthy is asked by /healthz beside its own checks, and returns why the program is not well;
	// nil for nothing more to ask.
	Healthy func(context.Context) error
	// MaxDispatchAge is how long the oldest message may wait for its dispatch while /healthz says
	// that all is well: beyond that a dispatcher does not return, or cannot keep up (30 s).
	// Negative: for ever.
	MaxDispatchAge time.Duration
	// Profiles adds /debug/pprof/.
	Profiles bool
}

// New returns a handler that shows m.
func New(m *simplemsgr.Messenger, o Options) http.Handler {
	if o.MaxDispatchAge == 0 {
		o.MaxDispatchAge = 30 * time.Second
	}
	h := &handler{m, o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.index)
	mux.HandleFunc("GET /dump", h.dump)
	mux.HandleFunc("GET /healthz", h.health)
	if o.Gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(o.Gatherer, promhttp.HandlerOpts{}))
	}
	if o.Profiles {
		addProfiles(mux)
	}
	return mux
}

type handler struct {
	messenger *simplemsgr.Messenger
	options   Options
}

// index says who it is, and what there is.
func (h *handler) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "%v\n\n/dump\n/healthz\n", h.messenger)
	if h.options.Gatherer != nil {
		fmt.Fprintln(w, "/metrics")
	}
	if h.options.Profiles {
		fmt.Fprintln(w, profilesPath)
	}
}

func (h *handler) dump(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(h.messenger.Dump().JSON(), '\n')) // who has gone does not want it
}

// health answers when all locks of the messenger could be taken.
func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if reason := h.unwell(r.Context()); reason != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, reason)
		return
	}
	fmt.Fprintln(w, "ok")
}

// unwell returns why the messenger does not do its work; "" if it does.
func (h *handler) unwell(ctx context.Context) string {
	if ended(ctx, h.messenger) {
		return "the messenger is shut down"
	}
	age := h.messenger.Dump().Queue.OldestAge
	if most := h.options.MaxDispatchAge; most > 0 && age > most {
		return fmt.Sprintf("a message waits for its dispatch for %v, more than %v",
			age.Round(time.Millisecond), most)
	}
	if h.options.Healthy != nil {
		if err := h.options.Healthy(ctx); err != nil {
			return err.Error()
		}
	}
	return ""
}

// ended reports whether the messenger has ended. It waits a moment, since an ended context may win
// over an ended messenger.
func ended(ctx context.Context, m *simplemsgr.Messenger) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	return m.Wait(ctx) == nil
}
