package report

import (
	"fmt"
	"io"
	"strings"

	"simplemessenger/conformance"
)

// Colors of a terminal.
const (
	red    = "\x1b[1;31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	plain  = "\x1b[0m"
)

// Text writes a line for each result, and the story of each that is no pass.
type Text struct {
	W io.Writer
	// Color is for a terminal. Verbose tells the stories of non-strict and inconclusive cases too.
	Color, Verbose, Strict bool
	// Command returns the command that runs just this case again; nil if there is none.
	Command func(name string) string
	// Capture returns where the case's capture was written, empty if nowhere. It may be nil.
	Capture func(name string) string
}

var colorOf = map[conformance.Verdict]string{conformance.Pass: green, conformance.Fail: red,
	conformance.NonStrict: yellow, conformance.Inconclusive: yellow, conformance.Unsupported: dim}

func (t *Text) paint(color, text string) string {
	if !t.Color || color == "" {
		return text
	}
	return color + text + plain
}

// Result writes one result.
func (t *Text) Result(r *conformance.Result) {
	fmt.Fprintf(t.W, "%s %s", t.paint(colorOf[r.Verdict], fmt.Sprintf("%-12s", r.Verdict)),
		r.Case.Name)
	if r.Verdict == conformance.Unsupported {
		fmt.Fprint(t.W, t.paint(dim, ": "+r.Reason))
	}
	fmt.Fprintln(t.W)
	told := r.Failed(t.Strict) || t.Verbose && (r.Verdict == conformance.NonStrict ||
		r.Verdict == conformance.Inconclusive)
	if told {
		t.story(r)
	} else if r.Verdict == conformance.NonStrict || r.Verdict == conformance.Inconclusive {
		fmt.Fprintf(t.W, "             %s\n", r.Reason)
	}
}

// story tells what happened up to the step that is broken.
func (t *Text) story(r *conformance.Result) {
	p := func(format string, args ...any) { fmt.Fprintf(t.W, "    "+format+"\n", args...) }
	p("%s", r.Case.About)
	if rule, found := conformance.RuleByID(r.Rule); found {
		p("rule %s (%s): %s", rule.ID, rule.Level, rule.Text)
		p("     docs/%s; %s", rule.Section, rule.Source)
	}
	for i := range r.Case.Steps {
		step := &r.Case.Steps[i]
		switch {
		case r.Step < 0 || i < r.Step:
			p("  %s %s", t.paint(green, "✓"), step)
		case i == r.Step:
			p("  %s %s", t.paint(red, "✗"), t.paint(red, step.String()))
		}
	}
	p("%s", t.paint(red, reason(r)))
	frames := Frames(r)
	for i, f := range frames {
		t.frame(f, began(r).UnixNano(), t.Verbose || i == lastOfTarget(frames))
	}
	if r.Output != "" {
		p("it printed: %s", lastLines(r.Output, 5))
	}
	if t.Command != nil {
		p("again: %s", t.Command(r.Case.Name))
	}
	if t.Capture != nil {
		if path := t.Capture(r.Case.Name); path != "" {
			p("capture: %s", path)
		}
	}
	fmt.Fprintln(t.W)
}

// reason is that of the result without the step, which is shown above.
func reason(r *conformance.Result) string {
	if r.Step >= 0 {
		if _, rest, found := strings.Cut(r.Reason, r.Case.Steps[r.Step].String()+": "); found {
			return rest
		}
	}
	return r.Reason
}

// lastOfTarget returns the index of the last frame that the messenger under test has sent: mostly
// the one that is wrong.
func lastOfTarget(frames []Frame) int {
	last := -1
	for i, f := range frames {
		if !f.FromKit && f.Frame != nil {
			last = i
		}
	}
	return last
}

// frame writes one frame and, if that is wanted, the fields of one of the messenger under test.
func (t *Text) frame(f Frame, began int64, fields bool) {
	who := "kit    >"
	if !f.FromKit {
		who = "target <"
	}
	if f.Frame == nil {
		fmt.Fprintf(t.W, "      %s:%s the end: %s\n", f.Socket, who, f.End)
		return
	}
	line := fmt.Sprintf("%.3fs %s:%s %s %s", float64(f.Time.UnixNano()-began)/1e9, f.Socket, who,
		f.Name(), f.Summary)
	if f.Incomplete {
		line += " (incomplete)"
	}
	fmt.Fprintf(t.W, "      %s\n", line)
	for _, err := range f.Malformed {
		fmt.Fprintf(t.W, "        malformed: %v\n", err)
	}
	for _, field := range f.Fields {
		end := min(field.Offset+field.Size, len(f.Bytes), field.Offset+16)
		if !fields || f.FromKit || field.Offset > end {
			continue
		}
		text := field.Text
		if text == "" {
			text = fmt.Sprint(field.Value)
		}
		fmt.Fprintf(t.W, "        %3d +%-3d %-22s %-34s %x\n", field.Offset, field.Size, field.Name,
			shorten(text, 34), f.Bytes[field.Offset:end])
	}
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n-3] + "..."
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n      ")
}

// Summary writes the last lines: how many cases have which verdict.
func (t *Text) Summary(r *conformance.Report) {
	for _, v := range []conformance.Verdict{conformance.NonStrict, conformance.Inconclusive} {
		if n := r.Count(v); n > 0 {
			fmt.Fprintf(t.W, "%d %s\n", n, v)
		}
	}
	fmt.Fprintln(t.W, Counts(r))
}

// Counts is the last line of a run.
func Counts(r *conformance.Report) string {
	return fmt.Sprintf("%d passed, %d failed, %d unsupported", r.Passed(), r.Failed(),
		r.Count(conformance.Unsupported))
}
