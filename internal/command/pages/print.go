package pages

import (
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
)

// PrintList writes the names and titles of all pages.
func PrintList(w io.Writer, all []Page, style Style) error {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%-34s %s\n", p.Name, style.paint(bold, p.Title))
	}
	_, err := io.WriteString(w, b.String())
	return errors.WithStack(err)
}

// PrintTopic writes what there is of a topic: words with their meaning, and a section whole if it
// is the only one, else the names of those that fit.
func PrintTopic(w io.Writer, all []Page, topic string, style Style) error {
	a := Ask(all, topic)
	if len(a.Words) == 0 && len(a.Sections) == 0 {
		return errors.Errorf("there is nothing of the name %q; try: simplemsgr docs --search %s",
			topic, topic)
	}
	for _, word := range a.Words {
		text := fmt.Sprintf("**%s**: %s.\n", strings.Join(word.Names, ", "),
			strings.TrimSuffix(word.Markdown, "."))
		if err := Render(w, text, style); err != nil {
			return err
		}
		if s, found := Lookup(all, word.More); found {
			if err := printTarget(w, s, style); err != nil {
				return err
			}
		}
	}
	if len(a.Words) == 0 && len(a.Sections) == 1 {
		return Render(w, a.Sections[0].Text, style)
	}
	if len(a.Words) > 0 && len(a.Sections) > 0 {
		fmt.Fprintln(w)
	}
	for _, s := range a.Sections {
		if err := printTarget(w, s, style); err != nil {
			return err
		}
	}
	return nil
}

func printTarget(w io.Writer, s Section, style Style) error {
	_, err := fmt.Fprintf(w, "  %-44s %s\n", "simplemsgr docs "+s.Target(),
		style.paint(bold, s.Title))
	return errors.WithStack(err)
}

// PrintHits writes the sections in which all words stand. That there are none is an error.
func PrintHits(w io.Writer, all []Page, words []string, style Style) error {
	if len(words) == 0 {
		return errors.New("say which words to search for")
	}
	hits := Search(all, words)
	if len(hits) == 0 {
		return errors.Errorf("no section has %s", strings.Join(words, " and "))
	}
	for _, h := range hits {
		line := style.mark(short(h.Line, words, style.Width-4), words)
		if _, err := fmt.Fprintf(w, "%s\n    %s\n", style.paint(bold, h.Section.Target()),
			line); err != nil {
			return errors.WithStack(err)
		}
	}
	return nil
}

// short cuts a line around the first of the words in it.
func short(line string, words []string, columns int) string {
	runes := []rune(line)
	if len(runes) <= columns || columns < 20 {
		return line
	}
	at := len(line)
	for _, w := range words {
		if i := strings.Index(strings.ToLower(line), strings.ToLower(w)); i >= 0 {
			at = min(at, i)
		}
	}
	first := max(0, min(len([]rune(line[:min(at, len(line))]))-columns/3, len(runes)-columns+2))
	text := string(runes[first:min(len(runes), first+columns-2)])
	if first > 0 {
		text = "…" + text
	}
	if first+columns-2 < len(runes) {
		text += "…"
	}
	return text
}

// mark shows the words in colour.
func (s Style) mark(line string, words []string) string {
	if !s.Color {
		return line
	}
	lower := strings.ToLower(line)
	if len(lower) != len(line) {
		return line
	}
	var b strings.Builder
	for i := 0; i < len(line); {
		n := 0
		for _, w := range words {
			if strings.HasPrefix(lower[i:], strings.ToLower(w)) {
				n = max(n, len(w))
			}
		}
		if n == 0 {
			b.WriteByte(line[i])
			i++
			continue
		}
		b.WriteString(s.paint(bold+cyan, line[i:i+n]))
		i += n
	}
	return b.String()
}
