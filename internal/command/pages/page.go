package pages

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/pkg/errors"
)

// Page is one page.
type Page struct {
	// Name is how it is asked for: "protocol", "decisions/monitor".
	Name string
	// Title is its first heading.
	Title string
	// Text is Markdown.
	Text string
}

// Section is a heading with what stands below it, up to the next heading of its level or above.
type Section struct {
	Page string
	// Anchor is what links to it name: "message_footer-21-bytes".
	Anchor string
	// Title is the heading, Level the number of its signs.
	Title string
	Level int
	// Text is Markdown, from the heading on.
	Text string
}

// Target is how the section is asked for, and linked to: "protocol#ack-9-bytes".
func (s Section) Target() string { return s.Page + "#" + s.Anchor }

// Read returns the pages of the files, by name.
func Read(files fs.FS) ([]Page, error) {
	var all []Page
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".md" {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		p := Page{Name: strings.TrimSuffix(name, ".md"), Text: string(b)}
		if sections := p.Sections(); len(sections) > 0 {
			p.Title = sections[0].Title
		}
		all = append(all, p)
		return nil
	})
	return all, errors.Wrap(err, "documentation")
}

// Sections returns the sections of a page, in order; the first is the page itself. Those of the
// same heading have different anchors.
func (p Page) Sections() []Section {
	var all []Section
	var starts []int
	taken := map[string]int{}
	offset, code := 0, false
	for line := range strings.Lines(p.Text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		}
		if level, title := heading(line); level > 0 && !code {
			anchor := Anchor(title)
			taken[anchor]++
			if n := taken[anchor]; n > 1 {
				anchor += "-" + string(rune('0'+n-1))
			}
			all = append(all, Section{Page: p.Name, Anchor: anchor, Title: Plain(title),
				Level: level})
			starts = append(starts, offset)
		}
		offset += len(line)
	}
	for i := range all {
		end := len(p.Text)
		for j := i + 1; j < len(all); j++ {
			if all[j].Level <= all[i].Level {
				end = starts[j]
				break
			}
		}
		all[i].Text = p.Text[starts[i]:end]
	}
	return all
}

// heading returns the level and the text of a heading, 0 if the line is none.
func heading(line string) (level int, title string) {
	rest := strings.TrimLeft(line, "#")
	if level = len(line) - len(rest); level == 0 || !strings.HasPrefix(rest, " ") {
		return 0, ""
	}
	return level, strings.TrimSpace(rest)
}

// Anchor returns what a heading is linked by: in small letters, with dashes for spaces, without
// other signs.
func Anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, title)
}

// Lookup returns the section to which a link leads, such as "protocol.md#ack-9-bytes" or
// "protocol".
func Lookup(all []Page, target string) (Section, bool) {
	name, anchor, _ := strings.Cut(target, "#")
	name = strings.TrimSuffix(name, ".md")
	i := slices.IndexFunc(all, func(p Page) bool { return p.Name == name })
	if i < 0 {
		return Section{}, false
	}
	for _, s := range all[i].Sections() {
		if anchor == "" || s.Anchor == anchor {
			return s, true
		}
	}
	return Section{}, false
}
