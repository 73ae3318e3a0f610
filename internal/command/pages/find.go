package pages

import (
	"strings"
)

// Answer is what somebody gets who asks for a topic.
type Answer struct {
	// Words are those of the glossary that have this name.
	Words []Word
	// Sections are a page, a section that was named exactly, or all whose heading has the topic in
	// it.
	Sections []Section
}

// Ask returns what there is of a topic: the name of a page, "page#anchor", a word of the glossary,
// or words of headings, in any letters.
func Ask(all []Page, topic string) Answer {
	if s, found := Lookup(all, topic); found {
		return Answer{Sections: []Section{s}}
	}
	var a Answer
	words, _ := Glossary(all) // that there is one is tested
	for _, w := range words {
		for _, name := range w.Names {
			if strings.EqualFold(name, topic) {
				a.Words = append(a.Words, w)
				break
			}
		}
	}
	topic = strings.ToLower(topic)
	for _, p := range all {
		for _, s := range p.Sections() {
			if strings.Contains(strings.ToLower(s.Title), topic) ||
				strings.Contains(s.Anchor, topic) {
				a.Sections = append(a.Sections, s)
			}
		}
	}
	return a
}

// Hit is a place in which all words that were searched for stand.
type Hit struct {
	Section Section
	// Line is the first line of text with one of them, in plain words.
	Line string
}

// Search returns the innermost sections in which all words stand, in any letters.
func Search(all []Page, words []string) (hits []Hit) {
	for _, p := range all {
		for _, s := range p.Sections() {
			own := s.own()
			if !containsAll(own, words) {
				continue
			}
			hits = append(hits, Hit{s, lineWith(own, words)})
		}
	}
	return hits
}

// own returns what stands in a section and in none within it.
func (s Section) own() string {
	var b strings.Builder
	for i, bl := range blocks(s.Text) {
		if i > 0 && bl.kind == title {
			break
		}
		for _, line := range bl.lines {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func containsAll(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(text, strings.ToLower(w)) {
			return false
		}
	}
	return len(words) > 0
}

// lineWith returns the first line in which the most words stand.
func lineWith(text string, words []string) (best string) {
	most := 0
	for line := range strings.Lines(text) {
		n := 0
		for _, w := range words {
			if strings.Contains(strings.ToLower(line), strings.ToLower(w)) {
				n++
			}
		}
		if n > most {
			most, best = n, line
		}
	}
	return Plain(strings.Trim(strings.TrimSpace(best), "|"))
}
