package protocol_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// docs/negotiation.md has a row, an explanation and a diagram for each case, in the order of Cases,
// and a row for each answer.
func TestNegotiationIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/negotiation.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	var want []string
	for _, c := range protocol.Cases() {
		want = append(want, c.String())
	}
	if diff := cmp.Diff(want,
		firstColumn(section(t, doc, "## What the accepting side answers"))); diff != "" {
		t.Errorf("rows of the table (-Cases +document):\n%s", diff)
	}
	var explained []string
	for _, part := range strings.Split(section(t, doc, "## What the accepting side answers"),
		"\n### ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		explained = append(explained, name)
		before, _, found := strings.Cut(text, "```mermaid\nsequenceDiagram\n")
		if !found || len(before) < 80 {
			t.Errorf("%s: no explanation, or no diagram", name)
		}
	}
	if diff := cmp.Diff(want, explained); diff != "" {
		t.Errorf("explanations (-Cases +document):\n%s", diff)
	}

	answers := firstColumn(section(t, doc, "## What the connecting side does"))
	for _, tag := range []wire.Tag{wire.TagReady, wire.TagSeq, wire.TagResetSession,
		wire.TagRetrySession, wire.TagRetryGlobal, wire.TagWait,
		wire.TagChallengeAuthorizer, wire.TagBadAuthorizer, wire.TagFeatures, wire.TagBadProtoVer} {
		if !strings.Contains(" "+strings.Join(answers, " ")+" ", " "+tag.String()+" ") {
			t.Errorf("no row for the answer %v", tag)
		}
	}
}

// Every rule has its row: the functions of this package, but for those that make or name values.
func TestRulesAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/negotiation.md")
	if err != nil {
		t.Fatal(err)
	}
	table := section(t, string(b), "## Rules beside the handshakes")
	names := map[string]bool{"Cases": true, "Stages": true, "Violation": true} // not rules
	for _, policy := range []string{"StatefulServer", "StatelessServer", "LosslessPeer",
		"LosslessPeerReuse", "LossyClient", "LosslessClient"} {
		names[policy] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	function, rules := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(`), 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range function.FindAllSubmatch(source, -1) {
			if name := string(m[1]); !names[name] {
				rules++
				if !strings.Contains(table, "`protocol."+name+"`") {
					t.Errorf("%s: %s has no row in docs/negotiation.md", file, name)
				}
			}
		}
	}
	if rules < 15 {
		t.Errorf("%d rules found", rules)
	}
}

// The table of ways out is protocol.Exits.
func TestExitsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/negotiation.md")
	if err != nil {
		t.Fatal(err)
	}
	said := func(yes bool, word, else_ string) string {
		if yes {
			return word
		}
		return else_
	}
	var want []string
	for e, leaving := range protocol.Exits {
		if protocol.Exit(e) == protocol.ExitRefuse { // there is nothing yet
			want = append(want, "refuse | – | – | –")
			continue
		}
		want = append(want, strings.Join([]string{leaving.Word,
			said(leaving.Discard, "dropped", "dispatched"),
			said(leaving.Delayed, "dropped", "delivered"), said(leaving.Reset, "yes", "–")}, " | "))
	}
	var got []string
	row := regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \| ([^|]+ \| [^|]+ \| [^|]+) \|$`)
	for _, m := range row.FindAllStringSubmatch(section(t, string(b), "## Ways out"), -1) {
		got = append(got, m[1]+" | "+m[2])
	}
	if diff := cmp.Diff(want, got[2:]); diff != "" {
		t.Errorf("docs/negotiation.md (-want +got):\n%s", diff)
	}
}

// Diagrams use only what every renderer of mermaid understands.
func TestNegotiationDiagrams(t *testing.T) {
	b, err := os.ReadFile("../docs/negotiation.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^    (participant \w+( as [^;#]+)?|    \w+(->>|--x)\w+: [^;#]+|\w+(->>|--x)\w+: [^;#]+|Note over \w+(,\w+)?: [^;#]+|par|and|end)$`)
	diagrams := strings.Split(string(b), "```mermaid\nsequenceDiagram\n")[1:]
	for _, d := range diagrams {
		body, _, _ := strings.Cut(d, "\n```")
		for _, l := range strings.Split(body, "\n") {
			if !line.MatchString(l) {
				t.Errorf("not understood: %q", l)
			}
		}
	}
	if len(diagrams) < len(protocol.Cases()) {
		t.Errorf("%d diagrams", len(diagrams))
	}
}

// section returns what stands below a heading of the second level.
func section(t *testing.T, doc, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(doc, "\n"+heading)
	if !found {
		t.Fatalf("no heading %q", heading)
	}
	text, _, _ := strings.Cut(after, "\n## ")
	return text
}

// firstColumn returns the first cells of the rows of the first table.
func firstColumn(text string) (cells []string) {
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "| "):
			cell, _, _ := strings.Cut(line[2:], " |")
			cells = append(cells, cell)
		case len(cells) > 0:
			return cells[2:] // without head and rule
		}
	}
	return nil
}
