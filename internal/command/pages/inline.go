package pages

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style is how text looks on a terminal.
type Style struct {
	// Width is in columns; 0 is 80.
	Width int
	// Color says that the terminal shows colours.
	Color bool
}

// Codes of terminals.
const (
	bold   = "\x1b[1m"
	italic = "\x1b[3m"
	cyan   = "\x1b[36m"
	under  = "\x1b[4m"
	off    = "\x1b[0m"
)

// paint returns the text in a colour.
func (s Style) paint(how, text string) string {
	if !s.Color || how == "" || text == "" {
		return text
	}
	return how + text + off
}

// Plain returns Markdown of one paragraph without its signs.
func Plain(text string) string { return strings.Join(Style{}.words(text), " ") }

// words takes the text of a paragraph apart. Each word carries its own colours, so that it can
// stand anywhere.
func (s Style) words(text string) []string {
	w := writer{style: s}
	w.inline(text)
	w.end()
	return w.all
}

// writer collects words.
type writer struct {
	style Style
	all   []string
	word  strings.Builder
	// piece is the part of the word that has one look, how the looks that are on.
	piece strings.Builder
	how   []string
}

func (w *writer) flush() {
	w.word.WriteString(w.style.paint(strings.Join(w.how, ""), w.piece.String()))
	w.piece.Reset()
}

func (w *writer) end() {
	w.flush()
	if w.word.Len() > 0 {
		w.all = append(w.all, w.word.String())
	}
	w.word.Reset()
}

func (w *writer) put(text string) {
	for _, r := range text {
		if unicode.IsSpace(r) {
			w.end()
		} else {
			w.piece.WriteRune(r)
		}
	}
}

// toggle turns a look on or off, and reports whether it is on now.
func (w *writer) toggle(how string) {
	w.flush()
	for i, h := range w.how {
		if h == how {
			w.how = append(append([]string(nil), w.how[:i]...), w.how[i+1:]...)
			return
		}
	}
	w.how = append(w.how, how)
}

func (w *writer) has(how string) bool {
	for _, h := range w.how {
		if h == how {
			return true
		}
	}
	return false
}

// with puts text that has one look more.
func (w *writer) with(how string, f func()) {
	w.toggle(how)
	f()
	w.toggle(how)
}

func (w *writer) inline(text string) {
	before := ' '
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		rest := text[size:]
		switch {
		case r == '\\' && rest != "" && strings.ContainsRune("|*`[]\\", rune(rest[0])):
			w.put(rest[:1])
			rest = rest[1:]
		case r == '`':
			if inside, behind, found := strings.Cut(rest, "`"); found {
				w.with(cyan, func() { w.put(strings.ReplaceAll(inside, `\|`, "|")) })
				rest = behind
			}
		case r == '[':
			if label, target, behind, found := link(rest); found {
				w.with(under, func() { w.inline(label) })
				if strings.Contains(target, "://") && target != label {
					w.put(" <" + target + ">")
				}
				rest = behind
			} else {
				w.put("[")
			}
		case strings.HasPrefix(text, "**"):
			w.toggle(bold)
			rest = rest[1:]
		case r == '*' && w.emphasis(before, rest):
			w.toggle(italic)
		default:
			w.put(string(r))
		}
		before, text = r, rest
	}
}

// emphasis reports whether a single star begins or ends something.
func (w *writer) emphasis(before rune, rest string) bool {
	if w.has(italic) {
		return !unicode.IsSpace(before)
	}
	next, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && !unicode.IsSpace(next) && !unicode.IsLetter(before) &&
		!unicode.IsDigit(before) && strings.Contains(rest, "*")
}

// link reads "label](target)".
func link(text string) (label, target, behind string, found bool) {
	label, rest, found := strings.Cut(text, "](")
	if !found || strings.Contains(label, "[") {
		return "", "", "", false
	}
	target, behind, found = strings.Cut(rest, ")")
	return label, target, behind, found && !strings.ContainsAny(target, " \n")
}

// width returns the columns that a word takes.
func width(word string) int {
	n, escape := 0, false
	for _, r := range word {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			n++
		}
	}
	return n
}

// fill breaks words into lines of at most so many columns. A longer word has a line of its own.
func fill(words []string, columns int) []string {
	var lines []string
	var line strings.Builder
	used := 0
	for _, word := range words {
		n := width(word)
		if used > 0 && used+1+n > columns {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += n
	}
	if used > 0 {
		lines = append(lines, line.String())
	}
	return lines
}
