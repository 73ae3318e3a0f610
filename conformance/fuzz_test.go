package conformance_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// A target that ends at every ping but one is found out, and what it cannot bear is found in it.
func TestFuzzFinds(t *testing.T) {
	var dead atomic.Bool
	inner := messenger(t, simplemsgr.StatelessServer(),
		func(tid uint64) { dead.Store(tid != 7) })
	target := &conformance.Target{Name: "fragile",
		Start: func(ctx context.Context, kit wire.EntityAddr) (*conformance.Instance, error) {
			dead.Store(false) // somebody starts it again
			alive, err := inner.Start(ctx, kit)
			dial := func(ctx context.Context) (net.Conn, error) {
				if dead.Load() {
					return nil, net.ErrClosed
				}
				return alive.Dial(ctx)
			}
			return &conformance.Instance{Dial: dial}, err
		}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	report, err := conformance.Fuzz(ctx, target, conformance.FuzzOptions{Parallel: 1, Seed: 1,
		Timeout: time.Second, Runs: 2000, Cases: parse(t, twoCases),
		OnFinding: func(*conformance.Finding) { stop() }})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 1 {
		t.Fatalf("%d findings in %d runs", len(report.Findings), report.Runs)
	}
	f := report.Findings[0]
	// Without the step behind it the ping may not have arrived when the target is looked at.
	if n := len(f.Case.Steps); n > 3 || !strings.Contains(f.Case.String(), "send msg") {
		t.Errorf("run %d is shrunk to\n%s", f.Run, f.Case)
	}
	// It is a file of cases.
	if parse(t, f.Case.String())[0].String() != f.Case.String() {
		t.Errorf("the finding is read as something else:\n%s", f.Case)
	}
}

// Our own messenger bears it.
func TestFuzzOurs(t *testing.T) {
	target := messenger(t, simplemsgr.LosslessPeer(), nil)
	report, err := conformance.Fuzz(t.Context(), target, conformance.FuzzOptions{Seed: 2, Runs: 40,
		Parallel: 8, Cases: parse(t, twoCases)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("run %d: %s\n%s", f.Run, f.What, f.Case)
	}
	if report.Runs != 40 {
		t.Errorf("%d runs", report.Runs)
	}
}
