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
	// JSON writes a line for each result in place of text.
	JSON bool
	// JUnit and HTML are files to write, empty for none. PcapDir is a folder for the conversation
	// of each case that was run.
	JUnit, HTML, PcapDir string
	Color, Verbose       bool
	// Again is the command line that runs the same once more, without --run.
	Again string
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
	if o.PcapDir != "" {
		if err := os.MkdirAll(o.PcapDir, 0o777); err != nil {
			return SomeFailed, err
		}
	}
	text := &report.Text{W: w, Color: o.Color, Verbose: o.Verbose, Strict: o.Strict,
		Command: func(name string) string { return o.Again + " --run " + name }}
	if o.PcapDir != "" {
		text.Capture = func(name string) string { return capturePath(o.PcapDir, name) }
	}
	var failed error
	o.OnResult = func(r *conformance.Result) {
		if err := o.capture(r); err != nil {
			failed = err
		}
		if o.JSON {
			failed = errors.WithMessage(report.WriteJSON(w, r), "results")
		} else {
			text.Result(r)
		}
	}
	done, err := conformance.Check(ctx, target, o.Options)
	if err != nil && done == nil {
		return SomeFailed, err
	}
	if err := o.files(done); err != nil {
		return SomeFailed, err
	}
	if !o.JSON {
		text.Summary(done)
	}
	switch {
	case err != nil:
		return SomeFailed, err
	case failed != nil:
		return SomeFailed, failed
	case done.Failed() > 0:
		return SomeFailed, nil
	case done.Count(conformance.Inconclusive) > 0:
		return Inconclusive, nil
	}
	return AllPassed, nil
}

// capturePath returns where the conversation of a case is written.
func capturePath(dir, name string) string {
	return filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".pcap")
}

func (o *Options) capture(r *conformance.Result) (err error) {
	if o.PcapDir == "" || len(r.Chunks) == 0 {
		return nil
	}
	return create(capturePath(o.PcapDir, r.Case.Name),
		func(w io.Writer) error { return report.WritePcap(w, r) })
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

func (o *Options) files(done *conformance.Report) error {
	if o.JUnit != "" {
		if err := create(o.JUnit, func(w io.Writer) error {
			return report.WriteJUnit(w, done)
		}); err != nil {
			return err
		}
	}
	if o.HTML == "" {
		return nil
	}
	return create(o.HTML, func(w io.Writer) error { return report.WriteHTML(w, done, o.Again) })
}

// List writes the names of the cases that the options choose, with their rules.
func List(w io.Writer, o conformance.Options) {
	for _, c := range o.Select() {
		fmt.Fprintf(w, "%-44s %s\n", c.Name, strings.Join(c.Rules, " "))
	}
}
