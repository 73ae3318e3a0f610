package demo_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/internal/command/demo"
	"simplemessenger/internal/command/timeline"
	"simplemessenger/internal/test/engines"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPlayIsClean(t *testing.T) {
	var out bytes.Buffer
	printer := timeline.NewPrinter(&out, timeline.Options{Sides: demo.Sides, Width: 80})
	result, err := demo.Run(context.Background(), printer, 5, engines.New)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !result.Clean() {
		t.Errorf("not clean: %+v\n%s", result, out.String())
	}
	for _, want := range []string{"CONNECT", "READY", "(again)", "RESETSESSION",
		"event: remote_reset"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the timeline does not show %q", want)
		}
	}
}

// A play with other numbers of messages stays clean: nothing in it depends on five.
func TestPlayScales(t *testing.T) {
	for _, n := range []int{1, 200} {
		result, err := demo.Run(context.Background(), timeline.NewPrinter(io.Discard,
			timeline.Options{}), n, engines.New)
		if err != nil {
			t.Fatal(err)
		}
		if !result.Clean() {
			t.Errorf("%d messages: %+v", n, result)
		}
	}
}

func TestDirtyResults(t *testing.T) {
	clean := demo.Result{Sent: 2, Delivered: 2, Reconnects: 1, SessionResets: 1}
	for name, spoil := range map[string]func(*demo.Result){
		"lost": func(r *demo.Result) { r.Lost, r.Delivered = 1, 1 },
		"duplicated": func(r *demo.Result) {
			r.Duplicated = 1
		},
		"reordered": func(r *demo.Result) { r.Reordered = 1 }, "no fault": func(r *demo.Result) {
			r.Reconnects = 0
		},
		"no restart": func(r *demo.Result) { r.SessionResets = 0 },
		"nothing": func(r *demo.Result) {
			r.Sent, r.Delivered = 0, 0
		},
	} {
		r := clean
		if spoil(&r); r.Clean() {
			t.Errorf("%s: %+v counts as clean", name, r)
		}
	}
}
