package accepter_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/accepter"
	"simplemessenger/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubble runs a test in virtual time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// host returns a host of a network in memory, which is closed with the test.
func host(t *testing.T, address string, more ...string) *memnet.Host {
	t.Helper()
	n := memnet.New(memnet.Config{})
	t.Cleanup(n.Close)
	return n.Host(address, more...)
}

// take makes other programs listen on ports of a host.
func take(t *testing.T, h *memnet.Host, ports ...uint16) {
	t.Helper()
	for _, port := range ports {
		ip := netip.MustParseAddr(h.String())
		l, err := h.Listen(context.Background(), "tcp", netip.AddrPortFrom(ip, port).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	}
}

// handler keeps what an accepter gives it.
type handler struct {
	mu      sync.Mutex
	sockets []net.Conn
	errors  []error
	pauses  []time.Duration
	times   []time.Time
}

func (h *handler) HandleSocket(c net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sockets = append(h.sockets, c)
}

func (h *handler) HandleAcceptError(err error, pause time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.errors = append(h.errors, err)
	h.pauses = append(h.pauses, pause)
	h.times = append(h.times, time.Now())
}

func (h *handler) accepted() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sockets)
}

// start returns an accepter on host h, stopped with the test.
func newAccepter(t *testing.T, h *memnet.Host,
	config accepter.Config) (*accepter.Accepter, *handler) {
	t.Helper()
	if config.Listen == nil {
		config.Listen = h.Listen
	}
	to := new(handler)
	a := accepter.New(config, to)
	t.Cleanup(func() {
		a.Stop()
		for _, c := range to.sockets {
			c.Close()
		}
	})
	return a, to
}

func bind(t *testing.T, a *accepter.Accepter, address string, avoid ...uint16) netip.AddrPort {
	t.Helper()
	bound, err := a.Bind(context.Background(), netip.MustParseAddrPort(address), avoid...)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := a.Bound(); !ok || got != bound {
		t.Errorf("bound to %v, %v; Bind said %v", got, ok, bound)
	}
	return bound
}
