package pages

import (
	"strings"

	"github.com/pkg/errors"
)

// Word is an entry of the glossary. A page that is no page of docs can show it as a tooltip.
type Word struct {
	// Names are how it is written: the word, and others for the same.
	Names []string `json:"names"`
	// Text says what it is, in plain words; Markdown is the same with its signs.
	Text     string `json:"text"`
	Markdown string `json:"-"`
	// More is the section that explains it: "protocol.md#ack-9-bytes".
	More string `json:"more"`
}

// glossaryPage is the page of the words.
const glossaryPage = "glossary"

// Glossary returns the words of the page glossary.md, in its order.
func Glossary(all []Page) ([]Word, error) {
	page, found := Lookup(all, glossaryPage)
	if !found {
		return nil, errors.New("there is no glossary")
	}
	var words []Word
	for _, b := range blocks(page.Text) {
		if b.kind != table {
			continue
		}
		cells, _ := rows(b.lines)
		for _, row := range cells[1:] {
			if len(row) != 3 {
				return nil, errors.Errorf("glossary: %d cells in the row of %s", len(row), row[0])
			}
			_, target, _, isLink := link(strings.TrimPrefix(row[2], "["))
			if !isLink {
				return nil, errors.Errorf("glossary: %s leads nowhere", row[0])
			}
			words = append(words, Word{Names: strings.Split(Plain(row[0]), ", "),
				Text: Plain(row[1]), Markdown: row[1], More: target})
		}
	}
	if len(words) == 0 {
		return nil, errors.New("glossary: no words")
	}
	return words, nil
}
