package otelmsgr_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/otelmsgr"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a network in memory whose spans end in memory too.
type world struct {
	network  *memnet.Network
	spans    *tracetest.InMemoryExporter
	provider *sdktrace.TracerProvider
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world),
	options ...sdktrace.TracerProviderOption) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{network: memnet.New(memnet.Config{}), spans: tracetest.NewInMemoryExporter()}
		w.provider = sdktrace.NewTracerProvider(append(options, sdktrace.WithSyncer(w.spans))...)
		t.Cleanup(w.network.Close)
		f(t, w)
	})
}

// node returns a messenger with its tracing. With a handler it listens.
func (w *world) node(t *testing.T, name wire.EntityName, ip string, policy simplemsgr.Policy,
	o otelmsgr.Options, handler otelmsgr.Handler) (*simplemsgr.Messenger, *otelmsgr.Tracing) {
	t.Helper()
	o.TracerProvider, o.Propagator = w.provider, propagation.TraceContext{}
	tracing := otelmsgr.New(o)
	h := w.network.Host(ip)
	config := simplemsgr.Config{Engine: engines.New, Dial: h.Dial, DefaultPolicy: &policy,
		Accepter: accepter.Config{Listen: h.Listen}}
	config.Pipe.Tracer = tracing
	m := simplemsgr.New(name, config)
	tracing.Watch(m)
	t.Cleanup(func() { end(t, m) })
	if handler != nil {
		m.AddDispatcher(tracing.Dispatcher(handler))
		if err := m.Bind(t.Context(), net.JoinHostPort(ip, "6800")); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	return m, tracing
}

func end(t *testing.T, m *simplemsgr.Messenger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	dropped := new(simplemsgr.DroppedError)
	if err := m.Shutdown(ctx); err != nil && !errors.As(err, &dropped) {
		t.Error(err)
	}
}

// named returns the ended spans whose name begins so.
func (w *world) named(prefix string) (all tracetest.SpanStubs) {
	for _, s := range w.spans.GetSpans() {
		if strings.HasPrefix(s.Name, prefix) {
			all = append(all, s)
		}
	}
	return all
}

// attributes returns those of a span.
func attributes(s tracetest.SpanStub) map[attribute.Key]string {
	all := map[attribute.Key]string{}
	for _, a := range s.Attributes {
		all[a.Key] = a.Value.String()
	}
	return all
}

// events returns the names of the events of a span.
func events(s tracetest.SpanStub) string {
	var names []string
	for _, e := range s.Events {
		names = append(names, e.Name)
	}
	return strings.Join(names, " ")
}

func take(context.Context, *simplemsgr.Message) bool { return true }
