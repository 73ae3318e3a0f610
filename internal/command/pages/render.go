package pages

import (
	"io"
	"strings"

	"github.com/pkg/errors"
)

// indent is where text stands, right of headings.
const indent = "  "

// Render writes Markdown as text for a terminal: headings at the margin, the rest right of them,
// nothing wider than the style's width but what cannot be broken.
func Render(w io.Writer, text string, style Style) error {
	if style.Width <= 0 {
		style.Width = 80
	}
	var lines []string
	before := title
	for i, b := range blocks(text) {
		if i > 0 && !(b.kind == item && before == item) {
			lines = append(lines, "")
		}
		lines = append(lines, style.block(b)...)
		before = b.kind
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return errors.WithStack(err)
}

// maxBeginning bounds the lines of a table that Beginning shows.
const maxBeginning = 24

// Beginning returns how a section begins, as lines for a terminal without indent: its first
// paragraph, and what stands between its heading and that, such as the table of a structure.
func (s Section) Beginning(style Style) (lines []string) {
	all := blocks(s.Text)
	end := min(len(all), 2) // where there is no paragraph, what comes first
	for i, b := range all {
		if b.kind == paragraph {
			end = i + 1
			break
		}
	}
	style.Width += len(indent)
	for i, b := range all[:end] {
		if i == 0 {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		of := style.block(b)
		if len(of) > maxBeginning {
			of = append(of[:maxBeginning:maxBeginning], indent+"…")
		}
		for _, line := range of {
			lines = append(lines, strings.TrimPrefix(line, indent))
		}
	}
	return lines
}

// block returns the lines of a block.
func (s Style) block(b block) []string {
	columns := s.Width - len(indent)
	switch b.kind {
	case title:
		return s.title(b)
	case code:
		return indented(indent+indent, b.lines)
	case table:
		return indented(indent, s.table(b.lines, columns))
	case item:
		mark := strings.Repeat(" ", b.deep) + strings.Replace(b.mark, "-", "•", 1) + " "
		lines := fill(s.words(b.text()), columns-width(mark))
		for i := range lines {
			lines[i] = mark + lines[i]
			mark = strings.Repeat(" ", width(mark))
		}
		return indented(indent, lines)
	}
	return indented(indent, fill(s.words(b.text()), columns))
}

func (s Style) title(b block) []string {
	text := Plain(b.text())
	line := s.paint(bold, text)
	under := map[int]string{1: "═", 2: "─"}[b.level]
	if under == "" {
		return []string{line}
	}
	return []string{line, strings.Repeat(under, width(text))}
}

func indented(by string, lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		if line != "" {
			all[i] = by + line
		}
	}
	return all
}
