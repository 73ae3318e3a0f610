package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// withKeys are rules that only a peer with keys of cephx can show: their cases are those of the
// groups auth-*, which are being written. Who adds one takes its rules from this list.
var withKeys = []string{"V1-AUTH-3", "V1-AUTH-4", "V1-AUTH-5", "V1-SIGN-1", "V1-SIGN-2",
	"V1-SIGN-3", "V1-SIGN-4", "V1-ACCEPT-3", "V1-ACCEPT-4", "V1-ACCEPT-5", "V1-ACCEPT-8",
	"V1-ACCEPT-9", "V1-IDENTITY-1", "V1-IDENTITY-2", "V1-REPLY-10", "V1-FEATURE-6"}

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
		case !cited[r.ID] && r.Untestable == "" && !slices.Contains(withKeys, r.ID):
			t.Errorf("%s has no case, and no reason why: %s", r.ID, r.Text)
		}
	}
	for _, id := range withKeys {
		if _, found := RuleByID(id); !found {
			t.Errorf("there is no rule %s", id)
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
	citation := regexp.MustCompile(`\bcite\("(V1-[A-Z]+-[0-9]+)"`)
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
