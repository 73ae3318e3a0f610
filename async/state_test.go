package async

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
)

// docs/async.md has a row for each stage that has a state, and each state has its name.
func TestStatesAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/async.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{} // the state of each stage
	row := regexp.MustCompile(`(?m)^\| ([A-Z0-9_]+) \| ([^|]+) \| [^|]+ \|$`)
	_, states, _ := strings.Cut(string(b), "\n## States\n")
	states, _, _ = strings.Cut(states, "\n## ")
	for _, m := range row.FindAllStringSubmatch(states, -1) {
		documented[m[2]] = m[1]
	}
	stages := map[string]string{}
	for stage, state := range stateOf {
		if state != None {
			stages[protocol.Stage(stage).String()] = state.String()
		}
	}
	if diff := cmp.Diff(stages, documented); diff != "" {
		t.Errorf("docs/async.md (-code +document):\n%s", diff)
	}
	for s := range stateNames {
		if stateNames[s] == "" {
			t.Errorf("state %d has no name", s)
		}
	}
	for _, stage := range protocol.Stages() {
		_ = stateOf[stage] // has a place for each
	}
}
