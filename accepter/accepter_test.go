package accepter_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/accepter"
)

// brokenListener fails as long as it is told to.
type brokenListener struct {
	net.Listener
	mu    sync.Mutex
	err   error
	calls int
}

func (l *brokenListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	l.calls++
	err := l.err
	l.mu.Unlock()
	if err != nil {
		return nil, &net.OpError{Op: "accept", Err: err}
	}
	return l.Listener.Accept()
}

func (l *brokenListener) set(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// No descriptors left: pauses that double up to their maximum, no spinning, each told; and then it
// goes on.
func TestAcceptErrorsDoNotSpin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		inner, err := h.Listen(context.Background(), "tcp", "10.0.0.1:6800")
		if err != nil {
			t.Fatal(err)
		}
		l := &brokenListener{Listener: inner, err: syscall.EMFILE}
		a, to := newAccepter(t, h, accepter.Config{})
		if _, err := a.Use(l); err != nil {
			t.Fatal(err)
		}
		a.Start()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want := []time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000, 1000, 1000,
			1000, 1000, 1000, 1000}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if diff := cmp.Diff(want, to.pauses); diff != "" {
			t.Errorf("pauses (-want +got):\n%s", diff)
		}
		for i, pause := range to.pauses[:len(to.pauses)-1] {
			if took := to.times[i+1].Sub(to.times[i]); took != pause {
				t.Errorf("pause %d was %v, told %v", i, took, pause)
			}
			if !errors.Is(to.errors[i], syscall.EMFILE) {
				t.Errorf("error %d: %v", i, to.errors[i])
			}
		}

		l.set(nil)
		c, err := h.Dial(context.Background(), "tcp", "10.0.0.1:6800")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		time.Sleep(2 * time.Second)
		if to.accepted() != 1 {
			t.Errorf("%d sockets accepted after the error", to.accepted())
		}
		// After a success the first pause is short again.
		n := len(to.pauses)
		l.set(syscall.ENFILE)
		again, err := h.Dial(context.Background(), "tcp", "10.0.0.1:6800")
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := to.pauses[n:]; len(got) != 1 || got[0] != 5*time.Millisecond {
			t.Errorf("pauses %v", got)
		}
	})
}

func TestStopEndsAPause(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		inner, err := h.Listen(context.Background(), "tcp", "10.0.0.1:6800")
		if err != nil {
			t.Fatal(err)
		}
		a, _ := newAccepter(t, h, accepter.Config{MinAcceptDelay: time.Hour,
			MaxAcceptDelay: time.Hour})
		if _, err := a.Use(&brokenListener{Listener: inner, err: syscall.EMFILE}); err != nil {
			t.Fatal(err)
		}
		a.Start()
		synctest.Wait()
		start := time.Now()
		a.Stop()
		if took := time.Since(start); took != 0 {
			t.Errorf("stopped after %v", took)
		}
	})
}

func TestStartAndStopInAnyOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		a, to := newAccepter(t, h, accepter.Config{})
		a.Stop()
		a.Start() // nothing to accept from
		if _, ok := a.Bound(); ok {
			t.Error("bound")
		}
		bound := bind(t, a, "10.0.0.1:0")
		c, err := h.Dial(context.Background(), "tcp", bound.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		synctest.Wait()
		if to.accepted() != 0 {
			t.Error("accepted before Start")
		}
		a.Start()
		a.Start()
		synctest.Wait()
		if to.accepted() != 1 {
			t.Errorf("%d accepted", to.accepted())
		}
		a.Stop()
		a.Stop()
		if _, ok := a.Bound(); ok {
			t.Error("bound after Stop")
		}
	})
}

// A messenger that is closed and bound by different goroutines: nothing is left listening, and the
// race detector is silent.
func TestConcurrentUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := host(t, "10.0.0.1")
		a, _ := newAccepter(t, h, accepter.Config{})
		var users sync.WaitGroup
		for range 4 {
			users.Go(func() {
				for range 50 {
					if bound, err := a.Bind(context.Background(),
						netip.MustParseAddrPort("10.0.0.1:0")); err == nil {
						a.Start()
						if c, err := h.Dial(context.Background(), "tcp",
							bound.String()); err == nil {
							c.Close()
						}
						_, _ = a.Rebind(context.Background())
					}
					a.Bound()
					a.Stop()
				}
			})
		}
		users.Wait()
		a.Stop()
		for port := uint16(6800); port < 6820; port++ {
			take(t, h, port)
		}
	})
}
