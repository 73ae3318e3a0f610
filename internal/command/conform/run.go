package conform

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/conformance"
	"simplemessenger/conformance/report"
)

// Options say what is run and written.
type Options struct {
	conformance.Options
	// JSON writes a line for each result, and one before and behind them, in place of text.
	JSON bool
	// JUnit and HTML are files to write, empty for none. PcapDir is a folder for the conversation
	// of each case that was run.
	JUnit, HTML, PcapDir string
	Color, Verbose       bool
	// Again is the command that runs all cases against the same target once more, without what
	// chooses cases and reports; empty if there is none.
	Again string
	// Version is that of the kit.
	Version string
}

// Outcome is what the exit status tells.
type Outcome int

// The exit statuses of the command.
const (
	AllPassed    Outcome = 0
	SomeFailed   Outcome = 1
	Inconclusive Outcome = 3
)

// Run runs the cases and writes to w.
func Run(ctx context.Context, w io.Writer, target *conformance.Target, o Options) (Outcome, error) {
	r := &run{Options: o, captured: make(map[string]bool)}
	about := report.Run{Version: o.Version, Capture: r.capturePath}
	if o.Again != "" {
		about.Command = func(name string) string { return o.Again + " --run " + name }
	}
	r.text = &report.Text{Run: about, W: w, Color: o.Color, Verbose: o.Verbose, Strict: o.Strict}
	r.json = &report.JSON{Run: about, W: w, Strict: o.Strict}
	if o.PcapDir != "" {
		if err := os.MkdirAll(o.PcapDir, 0o777); err != nil {
			return SomeFailed, err
		}
	}
	o.OnStart = r.start
	o.OnResult = r.result
	done, err := conformance.Check(ctx, target, o.Options)
	if done == nil {
		return SomeFailed, err
	}
	r.end(done, about)
	switch {
	case err != nil:
		return SomeFailed, err
	case r.failed != nil:
		return SomeFailed, r.failed
	case done.Failed() > 0:
		return SomeFailed, nil
	case done.Count(conformance.Inconclusive) > 0:
		return Inconclusive, nil
	}
	return AllPassed, nil
}

// run writes what there is to be said, as it comes up.
type run struct {
	Options
	text *report.Text
	json *report.JSON
	// captured are the names of the cases whose conversation was written.
	captured map[string]bool
	// failed is the first error of writing. The run goes on: it may have an hour behind it.
	failed error
}

// check keeps the first error.
func (r *run) check(what string, err error) {
	if err != nil && r.failed == nil {
		r.failed = errors.WithMessage(err, what)
	}
}

func (r *run) start(begun *conformance.Report, cases int) {
	if r.JSON {
		r.check("results", r.json.Start(begun, cases))
	}
}

func (r *run) result(result *conformance.Result) {
	if r.PcapDir != "" && len(result.Chunks) > 0 {
		name := result.Case.Name
		r.captured[name] = true
		r.check("captures", create(r.capturePath(name),
			func(w io.Writer) error { return report.WritePcap(w, result) }))
	}
	if r.JSON {
		r.check("results", r.json.Result(result))
	} else {
		r.text.Result(result)
	}
}

// capturePath returns where the conversation of a case was written, or nothing.
func (r *run) capturePath(name string) string {
	if !r.captured[name] {
		return ""
	}
	return filepath.Join(r.PcapDir, strings.ReplaceAll(name, "/", "-")+".pcap")
}

// end writes what needs all results.
func (r *run) end(done *conformance.Report, about report.Run) {
	if r.JUnit != "" {
		junit := report.JUnit{Run: about}
		r.check("JUnit", create(r.JUnit, func(w io.Writer) error { return junit.Write(w, done) }))
	}
	if r.HTML != "" {
		page := report.Page{Run: about}
		r.check("page", create(r.HTML, func(w io.Writer) error { return page.Write(w, done) }))
	}
	if r.JSON {
		r.check("results", r.json.End(done))
	} else {
		r.text.Summary(done)
	}
}

// create writes a file.
func create(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	return write(f)
}

// List writes the names of the cases that the options choose, with their rules.
func List(w io.Writer, o conformance.Options) {
	for _, c := range o.Select() {
		fmt.Fprintf(w, "%-44s %s\n", c.Name, strings.Join(c.Rules, " "))
	}
}
