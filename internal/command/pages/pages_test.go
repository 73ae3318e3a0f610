package pages

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplemessenger/docs"
)

const page = "# The *page*\n\nA paragraph of `code`, **bold words** and\na [link](other.md#x), and\n" +
	"<https://a.example> at [the](https://b.example).\n\n" +
	"- an item that is\n  long enough to be broken\n  - within\n- last\n1. one\n2. two\n\n" +
	"```go\nx := 1\n\n\ty()\n# no heading\n```\n\n    simplemsgr demo\n\n## Second (`x`)\n\n| a | b |\n| --- | --- |\n" +
	"| `1 \\| 2` | a long cell that has to be broken somewhere |\n| 3 | 4 |\n\n### Second x\n\nLast: 2 * 3 * 4.\n"

const rendered = `The page
════════

  A paragraph of code, bold words and a
  link, and <https://a.example> at the
  <https://b.example>.

  • an item that is long enough to be
    broken
    • within
  • last
  1. one
  2. two

    x := 1

    	y()
    # no heading

    simplemsgr demo

Second (x)
──────────

  a      b
  ─────  ───────────────────────────────
  1 | 2  a long cell that has to be
         broken somewhere
  3      4

Second x

  Last: 2 * 3 * 4.
`

func TestRender(t *testing.T) {
	var b bytes.Buffer
	if err := Render(&b, page, Style{Width: 40}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rendered, b.String()); d != "" {
		t.Errorf("%s", d)
	}
}

func TestColour(t *testing.T) {
	got := strings.Join(Style{Color: true}.words("**two words** and `x y`"), " ")
	want := bold + "two" + off + " " + bold + "words" + off + " and " + cyan + "x" + off + " " +
		cyan + "y" + off
	if got != want {
		t.Errorf("%q", got)
	}
	if n := width(bold + "äb" + off); n != 2 {
		t.Errorf("width %d", n)
	}
}

func TestSections(t *testing.T) {
	var got []string
	p := Page{Name: "p", Text: page + "## Second x\n"}
	for _, s := range p.Sections() {
		got = append(got, s.Target())
	}
	want := []string{"p#the-page", "p#second-x", "p#second-x-1", "p#second-x-2"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	s, found := Lookup([]Page{p}, "p.md#second-x")
	if !found || !strings.HasPrefix(s.Text, "## Second (`x`)") ||
		!strings.HasSuffix(s.Text, "2 * 3 * 4.\n") {
		t.Errorf("%q", s.Text)
	}
	if whole, _ := Lookup([]Page{p}, "p"); whole.Text != p.Text[:len(p.Text)] {
		t.Errorf("%q", whole.Text)
	}
}

// Whatever somebody writes, nothing is wider than what cannot be broken, no text is lost, and
// nothing panics.
func TestRenderLosesNothing(t *testing.T) {
	letters := rapid.SampledFrom([]rune("ab |*`[]()#-1.\\\n"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(letters).Draw(t, "text")
		var b bytes.Buffer
		style := Style{Width: rapid.IntRange(1, 60).Draw(t, "width")}
		if err := Render(&b, text, style); err != nil {
			t.Fatal(err)
		}
		p := Page{Name: "p", Text: text}
		for _, s := range p.Sections() {
			s.Beginning(Style{Width: 20})
			if !strings.Contains(text, s.Text) {
				t.Fatalf("%q", s.Text)
			}
		}
		if strings.Contains(text, "(") { // a link loses its target
			return
		}
		for _, r := range "ab" {
			if have, want := strings.Count(b.String(), string(r)), strings.Count(text,
				string(r)); have < want {
				t.Fatalf("%d of %d %c left: %q", have, want, r, b.String())
			}
		}
	})
}

func read(t *testing.T) []Page {
	t.Helper()
	all, err := Read(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The pages of this project are as they should be: each has a title, and fits into a terminal.
func TestPagesOfTheProject(t *testing.T) {
	for _, p := range read(t) {
		if p.Title == "" {
			t.Errorf("%s has no title", p.Name)
		}
		var b bytes.Buffer
		if err := Render(&b, p.Text, Style{Width: 100}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if strings.HasPrefix(line, indent+indent) { // code
				continue
			}
			if strings.Contains(line, "](") || strings.HasPrefix(line, indent+"|") {
				t.Errorf("%s: Markdown is left in %s", p.Name, line)
			}
		}
	}
}

// The glossary is data: each word has a meaning, and a section that is there.
func TestGlossary(t *testing.T) {
	all := read(t)
	words, err := Glossary(all)
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]bool{}
	for _, w := range words {
		for _, name := range w.Names {
			if taken[strings.ToLower(name)] || name == "" {
				t.Errorf("%q stands twice", name)
			}
			taken[strings.ToLower(name)] = true
		}
		if w.Text == "" || strings.ContainsAny(w.Text, "`|") {
			t.Errorf("%v: %q", w.Names, w.Text)
		}
		if _, found := Lookup(all, w.More); !found {
			t.Errorf("%v: %s is not there", w.Names, w.More)
		}
	}
	for _, name := range []string{"ack", "in_seq", "out_seq", "resetsession", "caps"} {
		if !taken[name] {
			t.Errorf("no %s", name)
		}
	}
}

func TestGlossaryThatIsWrong(t *testing.T) {
	for _, text := range []string{"", "# Glossary\n\nNothing.\n",
		"| word | what it is | more |\n| --- | --- | --- |\n| a | b |\n",
		"| word | what it is | more |\n| --- | --- | --- |\n| a | b | c |\n"} {
		if words, err := Glossary([]Page{{Name: "glossary", Text: "# G\n\n" + text}}); err == nil {
			t.Errorf("%q: %v", text, words)
		}
	}
}

func TestAsk(t *testing.T) {
	all := read(t)
	for topic, want := range map[string]string{
		"protocol":              "protocol#messenger-protocol-v1-on-the-wire",
		"protocol#ack-9-bytes":  "protocol#ack-9-bytes",
		"Message_Footer (21":    "protocol#message_footer-21-bytes",
		"architecture.md#locks": "architecture#locks"} {
		if a := Ask(all, topic); len(a.Sections) != 1 || a.Sections[0].Target() != want {
			t.Errorf("%s: %+v", topic, a.Sections)
		}
	}
	if a := Ask(all, "resetsession"); len(a.Words) != 1 || a.Words[0].More !=
		"negotiation.md#unknown-session" {
		t.Errorf("%+v", a.Words)
	}
	var b bytes.Buffer
	if err := PrintTopic(&b, all, "no such thing", Style{}); err == nil ||
		!strings.Contains(err.Error(), "--search") {
		t.Error(err)
	}
	if err := PrintTopic(&b, all, "nonce", Style{Width: 80}); err != nil ||
		!strings.Contains(b.String(), "simplemsgr docs protocol#text-and-order") {
		t.Errorf("%s %v", b.String(), err)
	}
}

func TestSearch(t *testing.T) {
	files := fstest.MapFS{"a.md": {Data: []byte("# A\n\nFirst acks.\n\n## B\n\nNothing.\n\n" +
		"One Requeue, and\nthe ack of `it`.\n\n### C\n\nack ack requeue\n")},
		"sub/b.md": {Data: []byte("# D\n\nrequeue\n")}, "x.txt": {Data: []byte("ack requeue")}}
	all, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range Search(all, []string{"requeue", "ACK"}) {
		got = append(got, h.Section.Target()+" "+h.Line)
	}
	want := []string{"a#b One Requeue, and", "a#c ack ack requeue"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if n := len(Search(all, nil)); n != 0 {
		t.Errorf("%d hits for nothing", n)
	}
	var b bytes.Buffer
	if err := PrintHits(&b, all, []string{"requeue"}, Style{Color: true}); err != nil ||
		!strings.Contains(b.String(), "One "+bold+cyan+"Requeue"+off+", and") {
		t.Errorf("%q %v", b.String(), err)
	}
	if err := PrintHits(&b, all, []string{"nowhere"}, Style{}); err == nil {
		t.Error("found nothing, and no error")
	}
}

func TestShort(t *testing.T) {
	line := strings.Repeat("ä ", 100) + "word" + strings.Repeat(" ö", 100)
	got := short(line, []string{"word"}, 40)
	if n := width(got); n > 40 || !strings.Contains(got, "word") || !strings.HasPrefix(got, "…") ||
		!strings.HasSuffix(got, "…") {
		t.Errorf("%d %q", n, got)
	}
}
