package live

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/view/recording"
)

// known is how many sockets are kept in mind.
func known(w *World) int {
	w.sockets.mu.Lock()
	defer w.sockets.mu.Unlock()
	return len(w.sockets.byClient)
}

// Sockets that have ended are forgotten, and so are attempts where nobody listens.
func TestSocketsAreForgotten(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		for range 50 {
			do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
			settle()
			do(t, w, Command{Do: "cut"})
			settle()
		}
		if n := known(w); n > 2 {
			t.Errorf("%d sockets are known after 50 cuts", n)
		}
		over, cancel := context.WithCancel(context.Background())
		cancel()
		if err := w.Do(over, Command{Do: "restart", Lane: "osd.0"}); err == nil {
			t.Fatal("it is not down")
		}
		settle()
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
		time.Sleep(time.Hour)
		if n := known(w); n > 2 {
			t.Errorf("%d sockets are known after an hour of attempts", n)
		}
		do(t, w, Command{Do: "restart", Lane: "osd.0"})
		settle()
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
		arrived(t, w, "osd.0", 51) // the one before it was lost with the session
	})
}

// Beyond the limit nobody connects, which the recording says once; when sockets end it goes on.
func TestTooManySockets(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
		settle()
		dial := func() (net.Conn, error) {
			return w.sockets.dial(context.Background(), w.peers[1], "tcp", w.peers[0].bind())
		}
		var opened []net.Conn
		for known(w) < maxSockets {
			c, err := dial()
			if err != nil {
				t.Fatal(err)
			}
			opened = append(opened, c)
		}
		limit := fmt.Sprintf("there are %d sockets", maxSockets)
		for range 3 {
			if _, err := dial(); err == nil || !strings.Contains(err.Error(), limit) {
				t.Errorf("one more: %v", err)
			}
		}
		says := func(s recording.Step) bool { return strings.Contains(s.Text, limit) }
		if n := len(has(w, says)); n != 1 {
			t.Errorf("%d steps speak of the limit", n)
		}
		for _, c := range opened {
			_ = c.Close()
		}
		settle()
		c, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	})
}

// A messenger does not queue without end while nothing gets through.
func TestTooManyWait(t *testing.T) {
	for _, how := range []struct{ begin, end string }{{"stall", "resume"},
		{"hold-acks", "release-acks"}} {
		world(t, func(t *testing.T, w *World) {
			do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
			settle()
			do(t, w, Command{Do: how.begin})
			for range MaxWaiting / MaxCount {
				do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: MaxCount})
				settle()
			}
			before := len(steps(w))
			for _, c := range []Command{{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1},
				{Do: "race"}} {
				err := w.Do(context.Background(), c)
				if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(),
					fmt.Sprintf("at most %d can", MaxWaiting)) {
					t.Errorf("%s: %v", c.Do, err)
				}
			}
			if added, _, _ := w.Recorder.Since(before, 9); len(added) > 0 {
				t.Errorf("what was refused is recorded: %v", added)
			}
			do(t, w, Command{Do: how.end})
			settle()
			do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
			arrived(t, w, "osd.0", MaxWaiting+2)
		})
	}
}
