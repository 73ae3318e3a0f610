package report

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// visible returns a text in which control characters, what is not UTF-8, and characters that
// nobody can see are escapes as those of Go. Line feeds and tabs stay. A messenger under test must
// not move the cursor of whoever reads about it.
func visible(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case r == '\n' || r == '\t' || strconv.IsPrint(r):
			b.WriteString(s[i : i+size])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		i += size
	}
	return b.String()
}

// visibleLine is visible for what is to stay on its line.
func visibleLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(visible(s))
}
