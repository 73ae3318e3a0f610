package monclient_test

import (
	"context"
	"testing"
	"time"

	"simplemessenger/monclient"
)

// Monitors that take a connection and say nothing do not hold up a login, as long as one answers:
// several are asked side by side.
func TestSilentMonitorsDoNotDelayTheLogin(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		for _, name := range []string{"b", "c"} {
			l, err := w.host(name).Listen(context.Background(), "tcp",
				addr(name).AddrPort().String())
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() { // holds what it accepts, and never says a word
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					defer conn.Close()
				}
			}()
		}
		const logins = 60
		var slow int
		var worst time.Duration
		for range logins {
			start := time.Now()
			c, err := monclient.Dial(t.Context(), w.config("a", "b", "c"))
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			worst = max(worst, took)
			if took > time.Second {
				slow++
			}
			w.close(c)
		}
		if slow > 0 {
			t.Errorf("%d of %d logins took over a second (worst %v), want none", slow, logins,
				worst)
		}
	})
}

// Two lines of a configuration may name one monitor. It is asked once, and nothing of a lost race
// is left behind.
func TestMonitorNamedTwice(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		for range 20 {
			w.close(w.dial(w.config("a", "a")))
			w.close(w.dial(w.config("b", "a", "b", "a")))
		}
	})
}
