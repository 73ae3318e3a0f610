package live

import (
	"context"
	"testing"

	"github.com/pkg/errors"
)

// A messenger whose restart was given up is down. What it would have to do is refused, what others
// do goes on, and another restart brings it back.
func TestCommandsToWhoIsDown(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
		settle()
		over, cancel := context.WithCancel(context.Background())
		cancel()
		err := w.Do(over, Command{Do: "restart", Lane: "osd.0"})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, c := range []Command{{Do: "send", Lane: "osd.0", To: "osd.1", Count: 1},
			{Do: "race"}} {
			if err := w.Do(context.Background(), c); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", c.Do, err)
			}
		}
		for _, c := range []Command{{Do: "cut"}, {Do: "stall"}, {Do: "resume"}, {Do: "hold-acks"},
			{Do: "release-acks"}, {Do: "send", Lane: "osd.1", To: "osd.0", Count: 2}} {
			do(t, w, c)
		}
		if err := w.Do(context.Background(), Command{Do: "cut-frame"}); err != nil &&
			!errors.Is(err, ErrRefused) {
			t.Errorf("cut-frame: %v", err)
		}
		settle()
		do(t, w, Command{Do: "restart", Lane: "osd.0"})
		do(t, w, Command{Do: "send", Lane: "osd.0", To: "osd.1", Count: 1})
		arrived(t, w, "osd.1", 1)
	})
}

// A run that is over refuses everything.
func TestCommandsToARunThatIsOver(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		if err := w.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, c := range []Command{{Do: "send", Lane: "osd.0", To: "osd.1", Count: 1},
			{Do: "restart", Lane: "osd.0"}, {Do: "race"}, {Do: "cut"}, {Do: "cut-frame"},
			{Do: "stall"}, {Do: "resume"}, {Do: "hold-acks"}, {Do: "release-acks"}} {
			if err := w.Do(context.Background(), c); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", c.Do, err)
			}
		}
	})
}
