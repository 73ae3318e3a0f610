package pages

import (
	"regexp"
	"strings"
)

// narrowest is the width below which no column of a table is made.
const narrowest = 10

var rule = regexp.MustCompile(`^[|\s:-]+$`)

// rows returns the cells of a table, without the line below its header. An empty header is left
// out.
func rows(lines []string) (cells [][]string, header bool) {
	for i, line := range lines {
		if rule.MatchString(line) && strings.Contains(line, "-") {
			continue
		}
		row := cut(line)
		if i == 0 && len(lines) > 1 && rule.MatchString(lines[1]) {
			if header = strings.Join(row, "") != ""; !header {
				continue
			}
		}
		cells = append(cells, row)
	}
	return cells, header
}

// cut returns the cells of a line. A bar with a backslash before it belongs to its cell.
func cut(line string) (cells []string) {
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
	start := 0
	for i := range len(line) {
		if line[i] == '|' && (i == 0 || line[i-1] != '\\') {
			cells = append(cells, strings.TrimSpace(line[start:i]))
			start = i + 1
		}
	}
	return append(cells, strings.TrimSpace(line[start:]))
}

// table returns the lines of a table that is at most so wide, if that can be.
func (s Style) table(lines []string, columns int) []string {
	cells, header := rows(lines)
	words := make([][][]string, len(cells))
	var widths []int
	for i, row := range cells {
		for j, cell := range row {
			words[i] = append(words[i], s.words(cell))
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], width(strings.Join(words[i][j], " ")))
		}
	}
	const between = 2
	narrow(widths, columns-between*(len(widths)-1))
	var out []string
	for i, row := range words {
		out = append(out, s.row(row, widths, between)...)
		if i == 0 && header {
			var b []string
			for _, w := range widths {
				b = append(b, strings.Repeat("─", w))
			}
			out = append(out, strings.Join(b, strings.Repeat(" ", between)))
		}
	}
	return out
}

// narrow takes from the widest columns until all fit.
func narrow(widths []int, columns int) {
	for {
		sum, widest := 0, 0
		for i, w := range widths {
			sum += w
			if w > widths[widest] {
				widest = i
			}
		}
		if len(widths) == 0 || sum <= columns || widths[widest] <= narrowest {
			return
		}
		widths[widest]--
	}
}

// row returns the lines of one row.
func (s Style) row(cells [][]string, widths []int, between int) (out []string) {
	filled := make([][]string, len(cells))
	height := 1
	for j, cell := range cells {
		filled[j] = fill(cell, widths[j])
		height = max(height, len(filled[j]))
	}
	for k := range height {
		var b strings.Builder
		for j := range cells {
			text := ""
			if k < len(filled[j]) {
				text = filled[j][k]
			}
			b.WriteString(text)
			if j < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", max(0, widths[j]-width(text))+between))
			}
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}
