package conform

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"simplemessenger/conformance"
)

// FuzzOptions say what is fuzzed, and where findings go.
type FuzzOptions struct {
	conformance.FuzzOptions
	// Out is a folder; each finding becomes a file of cases in it.
	Out string
	// Again is the command line that does the same once more, without --first and --runs.
	Again string
}

// Fuzz fuzzes a target and tells of each finding. The error says that it could not begin, or that a
// file could not be written.
func Fuzz(ctx context.Context, w io.Writer, target *conformance.Target, o FuzzOptions) (Outcome,
	error) {
	if o.Out != "" {
		if err := os.MkdirAll(o.Out, 0o777); err != nil {
			return SomeFailed, err
		}
	}
	var failed error
	o.OnFinding = func(f *conformance.Finding) {
		fmt.Fprintf(w, "run %d: %s\n%s", f.Run, f.What, f.Case)
		if f.Output != "" {
			fmt.Fprintf(w, "it printed:\n%s\n", f.Output)
		}
		fmt.Fprintf(w, "again: %s --first %d --runs 1\n\n", o.Again, f.Run)
		if o.Out == "" {
			return
		}
		path := filepath.Join(o.Out, fmt.Sprintf("%d-%d.case", o.Seed, f.Run))
		text := fmt.Sprintf("# %s\n%s", f.What, f.Case)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			failed = err
		}
	}
	report, err := conformance.Fuzz(ctx, target, o.FuzzOptions)
	if err != nil {
		return SomeFailed, err
	}
	fmt.Fprintf(w, "%d runs, %d findings, %d not confirmed\n", report.Runs, len(report.Findings),
		report.Unconfirmed)
	if len(report.Findings) > 0 {
		return SomeFailed, failed
	}
	return AllPassed, failed
}
