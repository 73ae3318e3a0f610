package view

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"simplemessenger/protocol"
)

var update = flag.Bool("update", false, "copy the sources that the page shows")

// internal/test/browsertest looks at it in a browser.
func TestPage(t *testing.T) {
	page, policy, err := newPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*regexp.Regexp{regexp.MustCompile(`(src|href)="?https?:`),
		regexp.MustCompile(`url\(|@import|innerHTML|insertAdjacent|eval\(|document\.write`),
		regexp.MustCompile(` on[a-z]+="| style="`)} {
		if found := r.Find(page); found != nil {
			t.Errorf("it has %s", found)
		}
	}
	for _, want := range []string{"default-src 'none'", "connect-src 'self'",
		"frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %s", policy)
		}
	}
}

// What the page says of a decision is what the document and the source say.
func TestDecisionsAreThoseOfTheDocument(t *testing.T) {
	rows, err := decisionRows()
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../../docs/negotiation.md")
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.NewReplacer("`", "", "*", "").Replace(string(document))
	if len(rows) != len(protocol.Cases()) {
		t.Errorf("%d rows", len(rows))
	}
	for _, r := range rows {
		line := "| " + strings.Join([]string{r.Case, r.Condition, r.Answer, r.Effect}, " | ") + " |"
		if !strings.Contains(plain, line) {
			t.Errorf("docs/negotiation.md has no %s", line)
		}
	}
}

func TestSourcesAreThoseOfTheModule(t *testing.T) {
	for name, path := range sourceFiles {
		source, err := os.ReadFile("../../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		copied := "page/source/" + name + ".txt"
		if *update {
			if err := os.WriteFile(copied, source, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := os.ReadFile(copied); err != nil || string(b) != string(source) {
			t.Errorf("%s is not %s (%v): go test ./internal/command/view -update", copied, path,
				err)
		}
	}
}

// The words of the page are those of the glossary: each that the page shows has its row there.
func TestPageExplainsItsWords(t *testing.T) {
	page, _, err := newPage()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	row := regexp.MustCompile(`<p id="meaning-\d+" data-names="([^"]+)">[^<]{20,}</p>`)
	for _, m := range row.FindAllSubmatch(page, -1) {
		for _, name := range strings.Split(string(m[1]), ", ") {
			known[strings.ToLower(name)] = true
		}
	}
	words := []string{"connect_seq", "global_seq", "in_seq", "out_seq", "acked", "queued",
		"unacked", "reader", "writer", "lossy", "ack", "seq", "banner", "features"}
	for s := protocol.Accepting; s <= protocol.Closed; s++ {
		words = append(words, strings.ToLower(s.String()))
	}
	for _, word := range words {
		if !known[word] {
			t.Errorf("the glossary has no %q", word)
		}
	}
}
