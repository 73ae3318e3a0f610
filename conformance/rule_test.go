package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
)

// What rules.txt says is read as it stands, and every rule is found by its id.
func TestRulesAreRead(t *testing.T) {
	all, err := parseRules(rulesText)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, Rules()); diff != "" {
		t.Errorf("(-read +Rules):\n%s", diff)
	}
	for _, r := range all {
		if got, found := RuleByID(r.ID); !found || !cmp.Equal(got, r) {
			t.Errorf("%s: found %v, %+v", r.ID, found, got)
		}
	}
	if _, found := RuleByID("V1-ACCEPT-0"); found || len(all) < 120 {
		t.Errorf("V1-ACCEPT-0 found: %v; %d rules", found, len(all))
	}
	Rules()[0].ID = "" // the slice is the caller's
	if Rules()[0].ID == "" {
		t.Error("a caller has changed the rules")
	}
}

const sound = `V1-TAG-1 must
text: A tag is a byte.
section: protocol.md#tags
source: Ceph documentation
since: 0.48
roles: both`

func TestParseRules(t *testing.T) {
	second := strings.Replace(sound, "V1-TAG-1 must", "V1-TAG-3 should", 1)
	text := sound + "\n\n" + strings.Replace(second, "both", "peer, client", 1) +
		"\nrow: new\nuntestable: it is so.\n"
	want := []Rule{
		{ID: "V1-TAG-1", Level: Must, Text: "A tag is a byte.", Section: "protocol.md#tags",
			Source: "Ceph documentation", Since: "0.48", Roles: []Role{RoleServer, RoleClient}},
		{ID: "V1-TAG-3", Level: Should, Text: "A tag is a byte.", Section: "protocol.md#tags",
			Source: "Ceph documentation", Since: "0.48", Roles: []Role{RolePeer, RoleClient},
			Row: "new", Untestable: "it is so."},
	}
	got, err := parseRules(text)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	if got[0].Area() != "TAG" || !got[0].Binds(RoleClient) || got[1].Binds(RoleServer) ||
		!got[0].Binds(RolePeer) {
		t.Errorf("area %q, roles %v", got[0].Area(), got[0].Roles)
	}
}

func TestParseRulesRefuses(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(sound, from, to, 1) }
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", `rules.txt:1: "" is not an id of the form V1-AREA-N`},
		{"id", change("V1-TAG-1", "V1-TAG-01"), `rules.txt:1: "V1-TAG-01" is not an id`},
		{"no level", change(" must", ""), `rules.txt:1: V1-TAG-1: no level is called ""`},
		{"level", change("must", "shall"), `rules.txt:1: V1-TAG-1: no level is called "shall"`},
		{"text", change("byte.", "byte"), "rules.txt:2: V1-TAG-1: text is not a sentence"},
		{"empty text", change("A tag is a byte.", ""), "rules.txt:2: V1-TAG-1: space around"},
		{"space", change("0.48", "0.48 "), "rules.txt:5: V1-TAG-1: space around the value of since"},
		{"section", change("#tags", ""), `rules.txt:3: V1-TAG-1: section "protocol.md" is not`},
		{"missing", change("section: protocol.md#tags\n", ""),
			`rules.txt:3: V1-TAG-1: "section" is missing here`},
		{"end", change("\nroles: both", ""), `rules.txt:5: V1-TAG-1: "roles" is missing here`},
		{"twice", sound + "\nroles: both", `rules.txt:7: V1-TAG-1: "roles: both" is no key, or not`},
		{"unknown", sound + "\nnote: none", `rules.txt:7: V1-TAG-1: "note: none" is no key, or not`},
		{"order", sound + "\nuntestable: so\nrow: new", `rules.txt:8: V1-TAG-1: "row: new" is no`},
		{"release", change("0.48", "argonaut"), `rules.txt:5: V1-TAG-1: since "argonaut" is neither`},
		{"none", change("0.48", "none"), "rules.txt:5: V1-TAG-1: since is none for the rules that"},
		{"role", change("both", "proxy"), `rules.txt:6: V1-TAG-1: no role is called "proxy"`},
		{"roles", change("both", "peer, peer"), "rules.txt:6: V1-TAG-1: role peer is there twice"},
		{"ours", change("Ceph documentation", "ours: so"), "rules.txt:4: V1-TAG-1: a rule of ours"},
		{"same id", sound + "\n\n" + sound, "rules.txt:8: V1-TAG-1 behind V1-TAG-1"},
		{"two empty lines", sound + "\n\n\n" + sound, `rules.txt:8: "" is not an id`},
		{"interrupted", sound + "\n\n" + change("TAG", "ACK") + "\n\n" + change("TAG-1", "TAG-2"),
			"rules.txt:15: V1-TAG-2: area TAG is interrupted"},
	} {
		all, err := parseRules(c.text)
		if all != nil || err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// rowsOf returns the rows of the rules of an area, in order.
func rowsOf(area string) (rows []string) {
	for _, r := range Rules() {
		if r.Area() == area && r.Row != "" {
			rows = append(rows, r.Row)
		}
	}
	return rows
}

// The rules of ACCEPT are the rows of the table of answers, in its order; those of REACT begin
// with the rows of the table of reactions, in its order.
func TestEachRowHasItsRule(t *testing.T) {
	var cases []string
	for i, c := range protocol.Cases() {
		cases = append(cases, c.String())
		if r, _ := RuleByID(fmt.Sprintf("V1-ACCEPT-%d", i+1)); r.Row != c.String() {
			t.Errorf("row %d, %s, is not that of V1-ACCEPT-%d", i+1, c, i+1)
		}
	}
	if diff := cmp.Diff(cases, rowsOf("ACCEPT")); diff != "" {
		t.Errorf("ACCEPT (-protocol.Cases +rules):\n%s", diff)
	}

	doc, err := os.ReadFile("../docs/negotiation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "\n| answer | what it does |")
	table, _, _ = strings.Cut(table, "\n\n")
	var answers []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|-]+) \|`).FindAllStringSubmatch(table, -1) {
		answers = append(answers, m[1])
	}
	if diff := cmp.Diff(answers, rowsOf("REACT")); diff != "" || len(answers) < 10 {
		t.Errorf("REACT (-docs/negotiation.md +rules):\n%s", diff)
	}
	for _, r := range Rules() {
		if r.Row != "" && r.Area() != "ACCEPT" && r.Area() != "REACT" {
			t.Errorf("%s has a row, and no table", r.ID)
		}
	}
}

// No rule names a capture that is not there, and each says where it comes from in known words.
func TestSourcesExist(t *testing.T) {
	known := regexp.MustCompile(`^(ours: |captures |Ceph documentation, |14\.2 SimpleMessenger, Pipe::)`)
	for _, r := range Rules() {
		if !known.MatchString(r.Source) {
			t.Errorf("%s: source %q", r.ID, r.Source)
		}
		_, captures, _ := strings.Cut(r.Source, "captures ")
		for name := range strings.SplitSeq(captures, ", ") {
			if name == "" {
				continue
			}
			path := filepath.Join("../testdata/captures", name+".pcap")
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
		}
	}
}

// Sentences are not said twice under two ids, which would have two verdicts.
func TestEachTextIsThereOnce(t *testing.T) {
	var texts []string
	for _, r := range Rules() {
		if slices.Contains(texts, r.Text) {
			t.Errorf("%s: another rule says the same", r.ID)
		}
		texts = append(texts, r.Text)
	}
}
