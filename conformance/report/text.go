package report

import (
	"fmt"
	"io"
	"strings"
	"time"

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

// What a story tells: so many frames from the start and the end of a conversation, so many bytes of
// a field, so many lines of what the target has printed.
const (
	textFirst, textLast = 30, 70
	textFieldBytes      = 16
	textOutputLines     = 5
)

// Text writes a line for each result, and the story of each that is no pass.
type Text struct {
	Run
	W io.Writer
	// Color is for a terminal. Verbose tells the stories of non-strict and inconclusive cases too.
	Color, Verbose, Strict bool
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
		visibleLine(r.Case.Name))
	if r.Verdict == conformance.Unsupported {
		fmt.Fprint(t.W, t.paint(dim, ": "+visibleLine(r.Reason)))
	}
	fmt.Fprintln(t.W)
	told := r.Failed(t.Strict) || t.Verbose && (r.Verdict == conformance.NonStrict ||
		r.Verdict == conformance.Inconclusive)
	if told {
		t.story(r)
	} else if r.Verdict == conformance.NonStrict || r.Verdict == conformance.Inconclusive {
		fmt.Fprintf(t.W, "             %s\n", visibleLine(r.Reason))
	}
}

// story tells what happened up to the step that is broken.
func (t *Text) story(r *conformance.Result) {
	t.p("%s", visibleLine(r.Case.About))
	if rule, found := conformance.RuleByID(r.Rule); found {
		t.p("rule %s (%s): %s", rule.ID, rule.Level, rule.Text)
		t.p("     docs/%s; %s", rule.Section, rule.Source)
	}
	for i := range r.Case.Steps {
		step := visibleLine(r.Case.Steps[i].String())
		switch {
		case r.Step < 0 || i < r.Step:
			t.p("  %s %s", t.paint(green, "✓"), step)
		case i == r.Step:
			t.p("  %s %s", t.paint(red, "✗"), t.paint(red, step))
		}
	}
	expected, seen := expectedAndSeen(r.Reason)
	if expected != "" {
		t.p("expected  %s", t.paint(green, visibleLine(expected)))
	}
	t.p("seen      %s", t.paint(red, visibleLine(seen)))
	t.frames(r)
	if r.Output != "" {
		t.p("it printed: %s", visible(lastLines(r.Output, textOutputLines)))
	}
	if again := t.command(r.Case.Name); again != "" {
		t.p("again:   %s", again)
	}
	if path := t.capture(r.Case.Name); path != "" {
		t.p("capture: %s", path)
	}
	fmt.Fprintln(t.W)
}

// p writes a line of a story.
func (t *Text) p(format string, args ...any) { fmt.Fprintf(t.W, "    "+format+"\n", args...) }

// frames writes the conversation. The fields are those of the last frame of the messenger under
// test, which mostly is the one that is wrong.
func (t *Text) frames(r *conformance.Result) {
	all := Frames(r)
	last := lastOfTarget(all)
	head, tail, leftOut := some(all, textFirst, textLast)
	for i := range head {
		t.frame(&head[i], began(r), t.Verbose || i == last)
	}
	if leftOut > 0 {
		t.p("  … %d frames are left out; a capture has them all", leftOut)
	}
	for i := range tail {
		t.frame(&tail[i], began(r), t.Verbose || len(head)+leftOut+i == last)
	}
}

// lastOfTarget returns the index of the last frame that the messenger under test has sent, or -1.
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
func (t *Text) frame(f *Frame, began time.Time, fields bool) {
	who := "kit    >"
	if !f.FromKit {
		who = "target <"
	}
	at := f.at().Sub(began).Seconds()
	if f.Frame == nil {
		fmt.Fprintf(t.W, "      %.3fs %s:%s the end: %s\n", at, f.Socket, who, visibleLine(f.End))
		return
	}
	line := fmt.Sprintf("%.3fs %s:%s %s %s", at, f.Socket, who, f.Name(), visibleLine(f.Summary))
	if f.Incomplete {
		line += " (incomplete)"
	}
	fmt.Fprintf(t.W, "      %s\n", strings.TrimRight(line, " "))
	for _, err := range f.Malformed {
		fmt.Fprintf(t.W, "        %s\n", t.paint(red, "malformed: "+visibleLine(err.Error())))
	}
	if f.FromKit || !fields {
		return
	}
	for _, field := range f.Fields {
		text := field.Text
		if text == "" {
			text = fmt.Sprint(field.Value)
		}
		fmt.Fprintf(t.W, "        %3d +%-3d %-22s %-34s %x\n", field.Offset, field.Size, field.Name,
			shorten(visibleLine(text), 34), fieldBytes(f.Frame, field, textFieldBytes))
	}
}

// shorten returns a text of at most n characters.
func shorten(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
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
