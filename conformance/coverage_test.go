package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every rule has a case, or the reason why there can be none.
func TestRulesHaveCases(t *testing.T) {
	cited := make(map[string]bool)
	for _, id := range citedRules {
		cited[id] = true
	}
	for _, c := range Cases() {
		for _, id := range c.Rules {
			cited[id] = true
		}
		for _, s := range c.Steps {
			cited[s.Rule] = true
		}
	}
	covered := 0
	for _, r := range Rules() {
		if cited[r.ID] {
			covered++
		}
		switch {
		case cited[r.ID] && r.Untestable != "":
			t.Errorf("%s has a case, and is called untestable: %s", r.ID, r.Untestable)
		case !cited[r.ID] && r.Untestable == "":
			t.Errorf("%s has no case, and no reason why: %s", r.ID, r.Text)
		}
	}
	t.Logf("%d of %d rules have a case", covered, len(Rules()))
}

// citedRules are those that the sources cite.
func TestCitedRules(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	citation := regexp.MustCompile(`\bcite(?:Form)?\("(V1-[A-Z]+-[0-9]+)"`)
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range citation.FindAllStringSubmatch(string(text), -1) {
			found = append(found, m[1])
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); !slices.Equal(found, citedRules) {
		t.Errorf("the kit cites %v, citedRules are %v", found, citedRules)
	}
}
