package pages

import (
	"regexp"
	"strings"
)

// kind is that of a block.
type kind int

const (
	title kind = iota
	paragraph
	item // of a list
	table
	code
)

// block is a piece of a page: lines that belong together.
type block struct {
	kind  kind
	level int    // of a title
	mark  string // of an item, "-" or "2."
	deep  int    // how many columns an item stands in
	lines []string
}

// text returns the lines as one.
func (b block) text() string { return strings.Join(b.lines, " ") }

var listItem = regexp.MustCompile(`^( *)(-|\d+\.) +(.*)$`)

// blocks takes a page apart.
func blocks(text string) []block {
	var all []block
	open := false // the last block goes on
	fenced := false
	add := func(b block) { all, open = append(all, b), true }
	last := func() *block { return &all[len(all)-1] }
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		level, name := heading(line)
		m := listItem.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			if fenced = !fenced; fenced {
				add(block{kind: code})
			} else {
				open = false
			}
		case fenced:
			last().lines = append(last().lines, line)
		case trimmed == "":
			open = false
		case level > 0:
			add(block{kind: title, level: level, lines: []string{name}})
			open = false
		case strings.HasPrefix(trimmed, "|"):
			if !open || last().kind != table {
				add(block{kind: table})
			}
			last().lines = append(last().lines, trimmed)
		case m != nil:
			add(block{kind: item, mark: m[2], deep: len(m[1]), lines: []string{m[3]}})
		case open && last().kind != table && last().kind != code:
			last().lines = append(last().lines, trimmed)
		case strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t"):
			line = strings.TrimPrefix(strings.TrimPrefix(line, "\t"), "    ")
			if len(all) == 0 || last().kind != code || !open {
				add(block{kind: code})
			}
			last().lines = append(last().lines, line)
		default:
			add(block{kind: paragraph, lines: []string{trimmed}})
		}
	}
	return all
}
