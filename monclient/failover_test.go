package monclient_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/trace"
)

func TestCommand(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		output, status, err := c.Command(t.Context(), args("status"), []byte("input"))
		if err != nil || string(output) != `a did {"prefix":"status"}` ||
			status != "done with input" {
			t.Errorf("output %q, status %q, %v", output, status, err)
		}
		var refused *monclient.CommandError
		if _, _, err := c.Command(t.Context(), []byte("bad"),
			nil); !errors.As(err, &refused) || refused.Code != messages.EINVAL {
			t.Errorf("bad command: %v", err)
		} else if err.Error() != "Error EINVAL: no such command" {
			t.Errorf("bad command: %v", err)
		}
		w.setHold("a", true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := c.Command(ctx, args("slow"),
			nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("command without an answer: %v", err)
		}
	})
}

func TestCommandsAtOnce(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		results := make(chan error)
		for i := range 50 {
			go func() {
				cmd := args(fmt.Sprint("command ", i))
				output, _, err := c.Command(t.Context(), cmd, nil)
				if err == nil && string(output) != "a did "+string(cmd) {
					err = fmt.Errorf("%s got the output %q", cmd, output)
				}
				results <- err
			}()
		}
		for range 50 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

// The monitor dies with commands in its hands; the next one gets them, in order, except what nobody
// waits for any more.
func TestFailoverWhenTheMonitorDies(t *testing.T) {
	in(t, []string{"a", "b", "c"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		id := c.GlobalID()
		time.Sleep(time.Minute)
		w.setHold("a", true)
		gone, leave := context.WithCancel(t.Context())
		go c.Command(gone, args("given up"), nil)
		results := make(chan error)
		for i := range 3 {
			time.Sleep(time.Second)
			go func() {
				_, _, err := c.Command(t.Context(), args(fmt.Sprint(i)), nil)
				results <- err
			}()
		}
		time.Sleep(time.Second)
		leave()
		w.kill("a")
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		next := w.monitorOf(c)
		if next == "a" {
			t.Error("talks to mon.a, which is dead")
		}
		want := []string{next + `: {"prefix":"0"}`, next + `: {"prefix":"1"}`, next +
			`: {"prefix":"2"}`}
		if diff := cmp.Diff(want, w.commandsSoFar()); diff != "" {
			t.Error(diff)
		}
		if c.GlobalID() != id {
			t.Errorf("global id %d became %d", id, c.GlobalID())
		}
	})
}

// A monitor that is there and says nothing is noticed by its keepalives.
func TestFailoverWhenTheMonitorFallsSilent(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		time.Sleep(time.Minute)
		w.net.Partition(w.host("a"), w.net.Host("10.0.1.1"))
		start := time.Now()
		if _, _, err := c.Command(t.Context(), args("status"), nil); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 45*time.Second {
			t.Errorf("took %v", took)
		}
		if got := w.monitorOf(c); got != "b" {
			t.Errorf("talks to mon.%s", got)
		}
	})
}

// The one monitor comes back: hour-long absences are survived, and do not end in a storm of
// attempts.
func TestFailoverToTheSameMonitor(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		for range 3 {
			w.kill("a")
			time.Sleep(time.Hour)
			w.startMonitor("a")
			if _, _, err := c.Command(t.Context(), args("status"), nil); err != nil {
				t.Error(err)
			}
		}
		w.kill("a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _, err := c.Command(ctx, args("status"), nil)
		if err == nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("command without a monitor: %v", err)
		}
	})
}

// A monitor that logs us in and breaks the connection at once is not asked hundreds of times.
func TestNoStormOfLogins(t *testing.T) {
	in(t, []string{"a"}, func(t *testing.T, w *world) {
		w.dial(w.config("a"))
		for range 1000 {
			time.Sleep(60 * time.Millisecond)
			for con := range w.monitors["a"].Connections() {
				con.MarkDown()
			}
		}
		if n := len(trace.Of[trace.ConnectReceived](w.records.Records())); n > 25 {
			t.Errorf("%d connections in a minute", n)
		}
	})
}

// The monitors move: who was there to hear of it finds them.
func TestFailoverFollowsTheMonMap(t *testing.T) {
	in(t, []string{"a", "b"}, func(t *testing.T, w *world) {
		c := w.dial(w.config("a"))
		w.setMonMap(2, "b", "c")
		w.startMonitor("c")
		w.kill("a") // b has the news
		time.Sleep(time.Minute)
		w.kill("b")
		time.Sleep(time.Minute)
		if _, _, err := c.Command(t.Context(), args("status"), nil); err != nil {
			t.Error(err)
		}
		if got := w.monitorOf(c); got != "c" {
			t.Errorf("talks to mon.%s", got)
		}
		names := make([]string, 0, 2)
		for _, mon := range c.MonMap().Monitors {
			names = append(names, mon.Name)
		}
		if !slices.Equal(names, []string{"b", "c"}) {
			t.Errorf("monmap has %v", names)
		}
	})
}
