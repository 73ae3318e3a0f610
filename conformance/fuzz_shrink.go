package conformance

import (
	"context"
	"slices"
	"time"

	"simplemessenger/conformance/script"
)

// maxShrinks bounds how many scripts are tried to find a shorter one, and recovery how long a
// target that has ended may take to be back.
const (
	maxShrinks = 200
	recovery   = 30 * time.Second
)

// investigate plays a run again, alone with the target, and shrinks it if it does the same.
func (f *fuzzer) investigate(ctx context.Context, n int, c *script.Case) {
	f.alone.Lock()
	defer f.alone.Unlock()
	f.recover(ctx)
	what, output := f.try(ctx, c)
	if ctx.Err() != nil {
		return
	}
	if what == "" {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.report.Unconfirmed++
		return
	}
	finding := &Finding{Run: n, What: what, Output: output, Case: f.shrink(ctx, c)}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.report.Findings = append(f.report.Findings, finding)
	if f.options.OnFinding != nil {
		f.options.OnFinding(finding)
	}
}

// recover waits until the target serves again, if it does.
func (f *fuzzer) recover(ctx context.Context) {
	if f.runner.options.role() != RoleServer {
		return // each run has an instance of its own
	}
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	nothing := &script.Case{Name: "fuzz/nothing", Role: string(RoleServer), Policy: "any"}
	for ctx.Err() == nil {
		if what, _ := f.try(ctx, nothing); what == "" {
			return
		}
		_ = pause(ctx, 100*time.Millisecond)
	}
}

// shrink returns the shortest script that it finds which is a finding as well: steps are left out
// one by one, then the changes of fields.
func (f *fuzzer) shrink(ctx context.Context, c *script.Case) *script.Case {
	tries := 0
	still := func(c *script.Case) bool {
		if tries++; tries > maxShrinks || ctx.Err() != nil {
			return false
		}
		f.recover(ctx)
		what, _ := f.try(ctx, c)
		return what != ""
	}
	best := *c
	for shorter := true; shorter; {
		shorter = false
		for i := len(best.Steps) - 1; i >= 0; i-- {
			next := best
			next.Steps = slices.Delete(slices.Clone(best.Steps), i, i+1)
			if still(&next) {
				best, shorter = next, true
			}
		}
	}
	for i := range best.Steps {
		for j := len(best.Steps[i].Args) - 1; j >= 0; j-- {
			next := best
			next.Steps = slices.Clone(best.Steps)
			next.Steps[i].Args = slices.Delete(slices.Clone(next.Steps[i].Args), j, j+1)
			if still(&next) {
				best = next
			}
		}
	}
	return &best
}
