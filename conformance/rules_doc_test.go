package conformance

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var updateRules = flag.Bool("update", false, "write docs/rules.md anew from rules.txt")

// areas are what docs/rules.md says ahead of the rules of each area: in its list, and below.
var areas = []struct{ name, about, more string }{
	{"BANNER", "The first bytes of both sides, and what each makes of the other's.", ""},
	{"ADDR", "Addresses, and what tells two messengers apart.", ""},
	{"CONNECT", "The connect message, and the numbers in it.", ""},
	{"REPLY", "The answer to it, and what follows behind.", ""},
	{"TAG", "The byte that says what comes.", ""},
	{"VERSION", "The protocol versions that two types of entities expect of each other.", ""},
	{"FEATURE", "What both sides can, and what that changes on the wire.", ""},
	{"AUTH", "Credentials within the handshake.",
		" The exact bytes of cephx are in [auth.md](auth.md)."},
	{"IDENTITY", "Whose session it is that a peer comes for.", ""},
	{"ACCEPT", "What the accepting side answers.", " The rules are the rows of " +
		"[the table](negotiation.md#what-the-accepting-side-answers), in its order. The first " +
		"row that fits decides."},
	{"OPEN", "What opening and replacing a session mean for who looks on.", ""},
	{"REACT", "What the connecting side does with the answer.", " The first rules are the rows " +
		"of [the table](negotiation.md#what-the-connecting-side-does-with-the-answer), in its " +
		"order, the others what makes an answer a fault."},
	{"SEQEX", "The exchange after SEQ.", ""},
	{"RACE", "Two peers that call each other at once.", ""},
	{"MSG", "Messages: header and parts.", ""},
	{"FOOTER", "What stands behind the parts.", ""},
	{"CRC", "Checksums.", ""},
	{"SIGN", "Signatures.", ""},
	{"SEQ", "The numbers of messages.", ""},
	{"ACK", "Acknowledgements, and what they mean for what was sent.", ""},
	{"PRIO", "Priorities.", ""},
	{"KEEPALIVE", "Keepalives and their answers.", ""},
	{"CLOSE", "The orderly end of a session.", ""},
	{"FAULT", "What becomes of a session when its socket breaks, or a message does not get " +
		"through.", ""},
	{"LIMIT", "What an input must not bring about.", ""},
}

const rulesHead = `# Rules

Every statement of [protocol.md](protocol.md) and [negotiation.md](negotiation.md) that somebody could break, with an id: for tests, reports and talk about implementations. Those pages explain, this one
counts. It is made from ` + "`conformance/rules.txt`, by `go test ./conformance -update`" + `; the same rules are values in Go, ` + "`conformance.Rules()`" + `.

An id never changes its meaning. A rule that falls away leaves its number unused.

**Level.** *must*: who breaks it loses messages, sessions or peers; as far as they were watched, both genuine messengers keep it, each in one of the ways that the text allows. *should*: there are
reasons, and at least one genuine messenger does otherwise, or nobody can tell; the rules that are *ours* are of this kind. *may*: what a peer has to put up with, since one of the genuine messengers does so.

**Binds.** *server* is the side that accepts connections, *client* the one that opens them; *peer* is who does both at one address, and is bound by the rules of all three.

**Since.** The oldest release of Ceph that is known to keep the rule. Nothing older than 0.48, the first with long support, is looked at, so *0.48* is to be read as "from of old"; where only
captures tell, it is their release.

**From.** The release and function or document where the rule was learned, and recordings in [testdata/captures](../testdata/captures/README.md) that show it ([where facts come from](sources.md)); or *ours*, with the reason.

`

// page is one of the pages that the rules are taken from: the titles of its headings by anchor.
type page map[string]string

// readPage returns the headings of a page in docs, and their anchors in order.
func readPage(t *testing.T, name string) (page, []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile("(?s)```.*?```").ReplaceAll(text, nil)
	titles, order := page{}, []string{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+?)\s*$`).FindAllSubmatch(text, -1) {
		title := string(m[1])
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, title)
		if titles[anchor] != "" {
			t.Fatalf("%s: two headings have the anchor %s", name, anchor)
		}
		titles[anchor] = title
		order = append(order, anchor)
	}
	return titles, order
}

// roleNames returns whom a rule binds, as people say it.
func roleNames(r Rule) string {
	var names []string
	for _, role := range r.Roles {
		names = append(names, string(role))
	}
	return strings.Join(names, " and ")
}

func rulesPage(t *testing.T) string {
	t.Helper()
	pages := map[string]page{}
	for _, name := range []string{"protocol.md", "negotiation.md"} {
		pages[name], _ = readPage(t, name)
	}
	var list, body strings.Builder
	for _, area := range areas {
		count := 0
		fmt.Fprintf(&body, "\n## %s\n\n%s%s\n", area.name, area.about, area.more)
		for _, r := range Rules() {
			if r.Area() != area.name {
				continue
			}
			count++
			file, anchor, _ := strings.Cut(r.Section, "#")
			fmt.Fprintf(&body, "\n### %s\n\n%s\n\n**%s** · binds %s · since %s", r.ID, r.Text,
				r.Level, roleNames(r), r.Since)
			if r.Row != "" {
				fmt.Fprintf(&body, " · row *%s*", r.Row)
			}
			fmt.Fprintf(&body, " · see [%s](%s) · from %s\n", pages[file][anchor], r.Section,
				r.Source)
			if r.Untestable != "" {
				fmt.Fprintf(&body, "\nNot to be tested from outside: %s.\n", r.Untestable)
			}
		}
		fmt.Fprintf(&list, "| [%s](#%s) | %d | %s |\n", area.name, strings.ToLower(area.name),
			count, strings.TrimSuffix(area.about, "."))
	}
	return rulesHead + "| area | rules | about |\n| --- | --- | --- |\n" + list.String() +
		body.String()
}

// docs/rules.md is what rules.txt says; with -update it is written.
func TestRulesPage(t *testing.T) {
	const path = "../docs/rules.md"
	want := rulesPage(t)
	if *updateRules {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/rules.md is not what -update would write (-want +got):\n%s", diff)
	}
}

// Each area has its introduction, in the order of rules.txt, so that no rule is left out.
func TestAreasAreIntroduced(t *testing.T) {
	var have, introduced []string
	for _, r := range Rules() {
		if !slices.Contains(have, r.Area()) {
			have = append(have, r.Area())
		}
	}
	for _, area := range areas {
		introduced = append(introduced, area.name)
	}
	if diff := cmp.Diff(have, introduced); diff != "" {
		t.Errorf("(-rules.txt +areas):\n%s", diff)
	}
}

// unruled are the headings below which no rule of a conversation is laid down, and why.
var unruled = map[string]string{
	"protocol.md#who-is-speaking":                "only has sections",
	"negotiation.md#negotiation":                 "an introduction",
	"negotiation.md#how-this-is-tested":          "about this project",
	"negotiation.md#what-the-protocol-cannot-do": "what no implementation can keep",
	"protocol.md#types":                          "for the layer above",
}

// Each rule has its section, and each section that lays something down has a rule.
func TestEachSectionHasRules(t *testing.T) {
	ruled := map[string]bool{}
	for _, r := range Rules() {
		ruled[r.Section] = true
	}
	exists := map[string]bool{}
	for _, name := range []string{"protocol.md", "negotiation.md"} {
		titles, order := readPage(t, name)
		for _, anchor := range order {
			section := name + "#" + anchor
			exists[section] = true
			if why := unruled[section]; ruled[section] == (why != "") {
				t.Errorf("%s (%s): has rules: %v; why it needs none: %q", section, titles[anchor],
					ruled[section], why)
			}
		}
	}
	for section := range ruled {
		if !exists[section] {
			t.Errorf("no heading is linked by %s", section)
		}
	}
	for section := range unruled {
		if !exists[section] {
			t.Errorf("no heading is linked by %s, which is said to need no rule", section)
		}
	}
}

// Who reads one of the two pages is led to the rules.
func TestPagesNameTheRules(t *testing.T) {
	for _, name := range []string{"protocol.md", "negotiation.md"} {
		text, err := os.ReadFile("../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "(rules.md)") {
			t.Errorf("docs/%s does not lead to rules.md", name)
		}
	}
}
