package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/pages"
	"simplemessenger/labs/grade"
)

// JSON writes a verdict as one line, in the form of docs/lab-verdict.schema.json.
func JSON(w io.Writer, v grade.Verdict) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return errors.WithStack(e.Encode(v))
}

// Printer writes verdicts for people.
type Printer struct {
	Lab *grade.Lab
	// Docs are the pages in which sections stand.
	Docs []pages.Page
	// Color says that the terminal shows colours, Width how wide it is.
	Color bool
	Width int
}

// Codes of terminals.
const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	faint = "\x1b[2m"
	bold  = "\x1b[1m"
	off   = "\x1b[0m"
)

func (p Printer) paint(how, text string) string {
	if !p.Color {
		return text
	}
	return how + text + off
}

// Print writes the points of each step, and the story of the one that is not right.
func (p Printer) Print(w io.Writer, v grade.Verdict) error {
	var b strings.Builder
	how := green
	if v.Failed != "" {
		how = bold
	}
	fmt.Fprintf(&b, "lab %d, %s: %s\n\n", v.Lab, p.Lab.Name,
		p.paint(how, fmt.Sprintf("%d of %d points", v.Points, v.Of)))
	for _, s := range v.Steps {
		p.step(&b, s)
	}
	if v.Failed != "" {
		p.failure(&b, v)
	}
	_, err := io.WriteString(w, b.String())
	return errors.WithStack(err)
}

func (p Printer) step(b *strings.Builder, s grade.StepResult) {
	line := fmt.Sprintf("%-32s %3d of %3d", s.Name, s.Points, s.Of)
	switch s.State {
	case "passed":
		line = p.paint(green, "✓ "+line)
	case "failed":
		line = p.paint(red, "✗ "+line)
	default:
		line = p.paint(faint, "· "+line+"  not reached")
	}
	fmt.Fprintf(b, "  %s\n", line)
}

// failure tells why the first step that is not right is not, and what to do.
func (p Printer) failure(b *strings.Builder, v grade.Verdict) {
	fmt.Fprintf(b, "\n%s\n", p.paint(bold, v.Failed))
	if v.Story != nil {
		p.story(b, v.Story)
	} else {
		fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(safe(v.Trouble), "\n", "\n  "))
	}
	if v.Section != "" {
		p.section(b, v.Section)
	}
	fmt.Fprintf(b, "\n  %s  %s\n", p.paint(faint, "a hint  "), hintCommand(v.Lab, v.Failed))
}

func (p Printer) story(b *strings.Builder, s *grade.Story) {
	line := func(name, text string) {
		if text != "" {
			text = strings.ReplaceAll(safe(text), "\n", "\n            ")
			fmt.Fprintf(b, "  %s  %s\n", p.paint(faint, fmt.Sprintf("%-8s", name)), text)
		}
	}
	if len(s.Before) > 0 {
		line("before", strings.Join(s.Before, "\n"))
	}
	line("asked", s.Asked)
	line("expected", s.Expected)
	line("came", s.Got)
	for _, f := range s.Fields {
		how := ""
		if strings.HasPrefix(f, "≠") {
			how = red
		}
		if f = safe(f); how != "" {
			f = p.paint(how, f)
		}
		fmt.Fprintf(b, "    %s\n", f)
	}
	line("why", s.Why)
}

// section names what to read, and shows how it begins.
func (p Printer) section(b *strings.Builder, target string) {
	s, found := pages.Lookup(p.Docs, target)
	if !found {
		fmt.Fprintf(b, "\n  %s  docs/%s\n", p.paint(faint, "read    "), target)
		return
	}
	fmt.Fprintf(b, "\n  %s  %s, in docs/%s.md; whole by: simplemsgr docs %s\n",
		p.paint(faint, "read    "), s.Title, s.Page, Quote(s.Target()))
	const margin = 12
	style := pages.Style{Color: p.Color, Width: max(40, min(p.Width, 100)-margin)}
	for _, line := range s.Beginning(style) {
		fmt.Fprintf(b, "%s\n", strings.TrimRight(strings.Repeat(" ", margin)+line, " "))
	}
}

// safe takes from what a program has said whatever would do something to a terminal.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return '�'
		}
		return r
	}, text)
}
