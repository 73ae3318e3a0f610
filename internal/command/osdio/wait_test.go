package osdio_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// As with rados: while no osd is up a request waits for one, and says for whom, until its time is
// up.
func TestRequestsWaitForAnOSD(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		var waits []string
		w.client.Waiting = func(forWhom string) { waits = append(waits, forWhom) }
		w.set(func() { w.primary = -1 })
		time.AfterFunc(20*time.Second, func() { w.set(func() { w.primary = 1 }) })
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		if n, err := w.client.Put(ctx, "data", "object",
			strings.NewReader("content"), -1); n != 7 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		if took := time.Since(start); took < 20*time.Second || took > 23*time.Second {
			t.Errorf("took %v", took)
		}
		if diff := cmp.Diff([]string{"pg 3.f has no osd that is up (osdmap 7)"},
			waits); diff != "" {
			t.Errorf("said (-want +got):\n%s", diff)
		}
		for _, s := range w.seen {
			if s.Retry != 0 || s.Flags&1 != 0 {
				t.Errorf("%+v: what was sent to nobody is no retry", s)
			}
		}

		w.set(func() { w.primary = -1 })
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start = time.Now()
		_, err := w.client.Put(ctx, "data", "object", strings.NewReader("content"), -1)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("gave up after %v", took)
		}
		if !errors.Is(err, context.DeadlineExceeded) ||
			!strings.Contains(err.Error(), "no osd that is up") {
			t.Errorf("gave up with %v", err)
		}
	})
}
