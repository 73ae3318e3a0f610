package metrics_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/metrics"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node returns a messenger on a host of a network in memory, and who observes it.
func node(t *testing.T, n *memnet.Network, name wire.EntityName, ip string,
	policy simplemsgr.Policy, bind bool) (*simplemsgr.Messenger, *metrics.Collector) {
	t.Helper()
	h := n.Host(ip)
	c := metrics.New(metrics.Options{})
	config := simplemsgr.Config{Engine: engines.New, Dial: h.Dial, DefaultPolicy: &policy,
		Accepter: accepter.Config{Listen: h.Listen}}
	config.Pipe.Tracer = c
	m := simplemsgr.New(name, config)
	c.Watch(m)
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		if name.Type == wire.EntityOSD {
			_ = m.Connection().Send(&simplemsgr.Message{Type: 43, TID: m.TID, Front: []byte("abc")})
		}
		return true
	}))
	if bind {
		if err := m.Bind(t.Context(), net.JoinHostPort(ip, "6800")); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, m) })
	return m, c
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

// bubble runs a test in virtual time, on a network in memory.
func bubble(t *testing.T, f func(t *testing.T, n *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		t.Cleanup(n.Close)
		f(t, n)
	})
}

// gather returns what a collector shows, which must be what it has described.
func gather(t *testing.T, c prometheus.Collector) map[string]*dto.MetricFamily {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range families {
		byName[f.GetName()] = f
	}
	return byName
}

// value returns the value of the metric with these values of labels, in the order of the labels'
// names; -1 if there is none.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	for _, m := range families["simplemsgr_"+name].GetMetric() {
		same := len(m.GetLabel()) == len(labels)
		for i, l := range m.GetLabel() {
			same = same && l.GetValue() == labels[i]
		}
		if same {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return -1
}
