package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// What the table names is there: mutants, rules, and runs of the kit.
func TestWireBugs(t *testing.T) {
	all, err := choose("")
	if err != nil {
		t.Fatal(err)
	}
	mutants, runs := map[string]bool{}, map[string]bool{}
	for _, m := range all {
		mutants[m.name] = true
	}
	for _, r := range kitRuns() {
		runs[r.name] = true
	}
	rules, err := os.ReadFile("../../../conformance/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, b := range wireBugs {
		if !mutants[b.mutant] || seen[b.mutant] || len(b.runs) == 0 {
			t.Errorf("%+v", b)
		}
		seen[b.mutant] = true
		if !strings.Contains("\n"+string(rules), "\n"+b.rule+" ") {
			t.Errorf("%s: there is no rule %s", b.mutant, b.rule)
		}
		for _, name := range b.runs {
			if !runs[name] {
				t.Errorf("%s: there is no run %q", b.mutant, name)
			}
		}
	}
	if len(wireBugs) < 30 {
		t.Errorf("%d bugs", len(wireBugs))
	}
	for _, group := range [][]mutant{handshakeMutants, frameMutants} {
		for _, m := range group {
			if !seen[m.name] {
				t.Errorf("%s was made for the kit, which does not try it", m.name)
			}
		}
	}
}

func TestFindings(t *testing.T) {
	const report = `{"type":"run","format":1,"capabilities":["echo"],"seed":1}
{"type":"result","case":"a/b","verdict":"pass","rule":{"id":"V1-ACK-1"}}
{"type":"result","case":"a/c","verdict":"fail","rule":{"id":"V1-ACK-2","level":"must"},"reason":"no ack"}
{"type":"result","case":"a/d","verdict":"unsupported","rule":{"id":"V1-ACK-3"}}
{"type":"result","case":"a/e","verdict":"non-strict","rule":{"id":"V1-SEQ-9"},"reason":"none came"}
{"type":"end","passed":3,"failed":1}
`
	found, lines, err := findings([]byte(report))
	want := []finding{{"a/c", "fail", "V1-ACK-2", "no ack"}, {"a/e", "non-strict", "V1-SEQ-9", "none came"}}
	if err != nil || lines != 4 || !slices.Equal(found, want) {
		t.Errorf("%d results, %+v, %v", lines, found, err)
	}
	if _, _, err := findings([]byte(`{"type":"result","case":"a`)); err == nil {
		t.Error("half a result, no error")
	}
}

func TestTally(t *testing.T) {
	found := []finding{{rule: "V1-ACK-2"}, {rule: "V1-SEQ-1"}, {rule: "V1-SEQ-1"}, {rule: "V1-ACK-1"}}
	if got, want := tally(found), "2 SEQ-1, 1 ACK-1, 1 ACK-2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
