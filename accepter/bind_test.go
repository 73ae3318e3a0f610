package accepter_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"simplemessenger/accepter"
)

func TestBindTakesTheFirstFreePortOfTheRange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		take(t, h, 6800, 6801, 6804)
		a, _ := newAccepter(t, h, accepter.Config{})
		if got := bind(t, a, "10.0.0.1:0", 6802, 6803, 6805); got.Port() != 6806 {
			t.Errorf("bound to %v", got)
		}
	})
}

func TestBindToAGivenPort(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		take(t, h, 9000)
		a, _ := newAccepter(t, h, accepter.Config{})
		if _, err := a.Bind(context.Background(),
			netip.MustParseAddrPort("10.0.0.1:9000")); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("taken port: %v", err)
		}
		if _, ok := a.Bound(); ok {
			t.Error("bound after an error")
		}
		// What is to be avoided does not count for a port that was asked for.
		if got := bind(t, a, "10.0.0.1:9001", 9001); got.String() != "10.0.0.1:9001" {
			t.Errorf("bound to %v", got)
		}
	})
}

func TestBindTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		a, _ := newAccepter(t, h, accepter.Config{})
		first := bind(t, a, "10.0.0.1:0")
		if _, err := a.Bind(context.Background(), first); !errors.Is(err, accepter.ErrBound) {
			t.Errorf("bind again: %v", err)
		}
		l, err := h.Listen(context.Background(), "tcp", "10.0.0.1:7000")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Use(l); !errors.Is(err, accepter.ErrBound) {
			t.Errorf("use: %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the socket that was not taken is still open: %v", err)
		}
		a.Stop()
		if got := bind(t, a, "10.0.0.1:0"); got != first {
			t.Errorf("bound to %v, before to %v", got, first)
		}
	})
}

// The whole range is tried again as often as configured.
func TestBindRetries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		take(t, h, 6800, 6801)
		tries := 0
		a, _ := newAccepter(t, h, accepter.Config{PortMin: 6800, PortMax: 6801, RetryCount: 4,
			RetryDelay: time.Minute,
			Listen: func(ctx context.Context, network, address string) (net.Listener, error) {
				tries++
				return h.Listen(ctx, network, address)
			}})
		start := time.Now()
		if _, err := a.Bind(context.Background(),
			netip.MustParseAddrPort("10.0.0.1:0")); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("bind: %v", err)
		}
		if waited := time.Since(start); waited != 4*time.Minute || tries != 5*2 {
			t.Errorf("%d tries in %v", tries, waited)
		}
	})
}

func TestBindRetriesUntilAPortIsFree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		l, err := h.Listen(context.Background(), "tcp", "10.0.0.1:6800")
		if err != nil {
			t.Fatal(err)
		}
		a, _ := newAccepter(t, h, accepter.Config{PortMin: 6800, PortMax: 6800, RetryCount: 3})
		time.AfterFunc(7*time.Second, func() { l.Close() })
		start := time.Now()
		bind(t, a, "10.0.0.1:0")
		if waited := time.Since(start); waited != 10*time.Second {
			t.Errorf("after %v, want the second retry", waited)
		}
	})
}

func TestBindGivesUp(t *testing.T) {
	for name, test := range map[string]struct {
		config accepter.Config
		listen error
		waited time.Duration
	}{
		"no retries, the default":        {accepter.Config{}, syscall.EADDRINUSE, 0},
		"an error that time cannot heal": {accepter.Config{RetryCount: 3}, syscall.EACCES, 0},
		"no descriptors": {accepter.Config{RetryCount: 3}, syscall.EMFILE,
			15 * time.Second},
		"the context has ended": {accepter.Config{RetryCount: 100}, syscall.EADDRINUSE,
			8 * time.Second},
	} {
		bubble(t, func(t *testing.T) {
			test.config.Listen = func(context.Context, string, string) (net.Listener, error) {
				return nil, &net.OpError{Op: "listen", Err: test.listen}
			}
			a, _ := newAccepter(t, nil, test.config)
			ctx := context.Background()
			if test.config.RetryCount == 100 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 8*time.Second)
				defer cancel()
			}
			start := time.Now()
			if _, err := a.Bind(ctx,
				netip.MustParseAddrPort("10.0.0.1:0")); !errors.Is(err, test.listen) {
				t.Errorf("%s: %v", name, err)
			}
			if waited := time.Since(start); waited != test.waited {
				t.Errorf("%s: gave up after %v, want %v", name, waited, test.waited)
			}
		})
	}
}

// Negative bounds leave the choice to the system.
func TestBindToAPortOfTheSystem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		a, _ := newAccepter(t, h, accepter.Config{PortMin: -1, PortMax: -1})
		first := bind(t, a, "10.0.0.1:0")
		if first.Port() < 32768 {
			t.Errorf("bound to %v", first)
		}
		a.Stop()
		// It chooses one that is to be avoided: that is not taken, and the next try has another.
		if got := bind(t, a, "10.0.0.1:0", first.Port()+1); got.Port() == first.Port()+1 {
			t.Errorf("bound to %v", got)
		}
	})
}

func TestRebind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		a, to := newAccepter(t, h, accepter.Config{})
		if _, err := a.Rebind(context.Background()); err == nil {
			t.Error("rebind before bind succeeded")
		}
		old := bind(t, a, "10.0.0.1:0")
		a.Start()
		got, err := a.Rebind(context.Background(), 6801, 6802)
		if err != nil || got.Port() != 6803 || got.Addr() != old.Addr() {
			t.Errorf("rebound to %v, %v", got, err)
		}
		if _, err := h.Dial(context.Background(), "tcp",
			old.String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the old port: %v", err)
		}
		a.Start()
		c, err := h.Dial(context.Background(), "tcp", got.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		time.Sleep(time.Second)
		if to.accepted() != 1 {
			t.Errorf("%d sockets accepted at the new port", to.accepted())
		}
	})
}

func TestBindIPv6(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1", "fd00::1")
		a, to := newAccepter(t, h, accepter.Config{})
		got := bind(t, a, "[fd00::1]:0")
		if got.String() != "[fd00::1]:6800" {
			t.Errorf("bound to %v", got)
		}
		a.Start()
		c, err := h.Dial(context.Background(), "tcp", got.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		time.Sleep(time.Second)
		if to.accepted() != 1 {
			t.Errorf("%d sockets accepted", to.accepted())
		}
	})
}

// Over real sockets, both families.
func TestBindOverTCP(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		to := make(chan net.Conn, 1)
		a := accepter.New(accepter.Config{PortMin: -1, PortMax: -1}, channel(to))
		bound, err := a.Bind(context.Background(), netip.MustParseAddrPort(address))
		if err != nil {
			t.Fatal(err)
		}
		a.Start()
		c, err := new(net.Dialer).DialContext(context.Background(), "tcp", bound.String())
		if err != nil {
			t.Fatal(err)
		}
		accepted := <-to
		if accepted.RemoteAddr().String() != c.LocalAddr().String() {
			t.Errorf("accepted %v, dialed from %v", accepted.RemoteAddr(), c.LocalAddr())
		}
		c.Close()
		accepted.Close()
		a.Stop()
		if _, err := new(net.Dialer).DialContext(context.Background(), "tcp",
			bound.String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after Stop: %v", err)
		}
	}
}

// channel is a handler that passes sockets on.
type channel chan net.Conn

func (c channel) HandleSocket(conn net.Conn)             { c <- conn }
func (c channel) HandleAcceptError(error, time.Duration) {}
