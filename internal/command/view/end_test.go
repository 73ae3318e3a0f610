package view

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/pkg/errors"
	"go.uber.org/goleak"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/live"
)

// until is a writer that calls then when something is written in which text is.
type until struct {
	text string
	then func()
}

func (u until) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(u.text)) {
		u.then()
	}
	return len(b), nil
}

// A page that cannot be shown leaves none of the messengers behind that it has started, however far
// it had come.
func TestNothingIsLeftOfAPageThatFails(t *testing.T) {
	http.DefaultClient.CloseIdleConnections()
	before := goleak.IgnoreCurrent()
	for _, name := range []string{"simple", "async"} {
		var carrier engine.Engine
		if err := carrier.Set(name); err != nil {
			t.Fatal(err)
		}
		for _, step := range []string{"osd.0 starts", "osd.1 starts", "osd.1 has 2 messages"} {
			ctx, cancel := context.WithCancel(context.Background())
			err := Serve(ctx, Options{Engines: []engine.Engine{carrier, carrier},
				Record: until{step, cancel},
				Ready:  func(string) { t.Errorf("%s, %s: it is shown", name, step) }})
			if err == nil {
				t.Errorf("%s, %s: no error", name, step)
			}
		}
	}
	if err := Serve(context.Background(), Options{Engines: make([]engine.Engine, 9)}); err == nil {
		t.Error("nine messengers")
	}
	goleak.VerifyNone(t, before)
}

// A run that somebody asks for while the page ends has nobody who would end it.
func TestNoRunBeginsWhenThePageHasEnded(t *testing.T) {
	before := goleak.IgnoreCurrent()
	r := newRuns(context.Background(), Options{})
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.start(make([]engine.Engine, 2)); !errors.Is(err, live.ErrRefused) {
		t.Errorf("a run begins behind the end: %v", err)
		_ = r.close()
	}
	if err := r.do("live-1", live.Command{Do: "cut"}); !errors.Is(err, live.ErrRefused) {
		t.Errorf("a command behind the end: %v", err)
	}
	goleak.VerifyNone(t, before)
}
