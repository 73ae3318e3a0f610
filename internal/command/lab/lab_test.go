package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"simplemessenger/internal/command/pages"
	"simplemessenger/labs/grade"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var double = grade.Lab{Number: 3, Name: "double", Title: "Twice",
	Files: fstest.MapFS{"hints.md": {Data: []byte("# Hints\n\n## the second\n\nTwice.\n")}},
	Steps: []grade.Step{{Name: "one", Points: 60}, {Name: "the second", Points: 40}}}

// verdicts are one of each form.
var verdicts = map[string]grade.Verdict{
	"passed": {Lab: 3, Seed: 1, Points: 100, Of: 100, Steps: []grade.StepResult{
		{Name: "one", Points: 60, Of: 60, State: "passed"},
		{Name: "the second", Points: 40, Of: 40, State: "passed"}}},
	"story": {Lab: 3, Seed: 1, Points: 60, Of: 100, Steps: []grade.StepResult{
		{Name: "one", Points: 60, Of: 60, State: "passed"},
		{Name: "the second", Of: 40, State: "failed"}},
		Failed: "the second", Section: "protocol.md#footer-2-bytes",
		Story: &grade.Story{Asked: "double 2", Expected: "4", Got: "5\x1b[2J",
			Fields: []string{"≠    0 +1   n  04  05"}, Why: "Twice is n and n.",
			Before: []string{"double 1 → 2"}}},
	"trouble": {Lab: 3, Seed: 1, Of: 100, Steps: []grade.StepResult{
		{Name: "one", Of: 60, State: "failed"}, {Name: "the second", Of: 40, State: "not reached"}},
		Failed: "one", Section: "none.md#x", Trouble: "it panics: oh\n\tin main.Double",
		Kind: "panic"},
}

const wantStory = `lab 3, double: 60 of 100 points

  ✓ one                               60 of  60
  ✗ the second                         0 of  40

the second
  before    double 1 → 2
  asked     double 2
  expected  4
  came      5�[2J
    ≠    0 +1   n  04  05
  why       Twice is n and n.

  read      footer (2 bytes), in docs/protocol.md; whole by: simplemsgr docs protocol#footer-2-bytes
            offset  field
            ──────  ─────
            0       n

            The n stands in the end.

  a hint    simplemsgr lab hint 3 'the second'
`

const wantTrouble = `lab 3, double: 0 of 100 points

  ✗ one                                0 of  60
  · the second                         0 of  40  not reached

one
  it panics: oh
  	in main.Double

  read      docs/none.md#x

  a hint    simplemsgr lab hint 3 one
`

func TestPrint(t *testing.T) {
	text := "# P\n\n### footer (2 bytes)\n\n| offset | field |\n| --- | --- |\n| 0 | `n` |\n\n" +
		"The `n` stands\nin the end.\n\nMore.\n"
	p := Printer{Lab: &double, Docs: []pages.Page{{Name: "protocol", Text: text}}, Width: 80}
	for name, want := range map[string]string{"story": wantStory, "trouble": wantTrouble} {
		var b bytes.Buffer
		if err := p.Print(&b, verdicts[name]); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, b.String()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	var b bytes.Buffer
	p.Color = true
	if err := p.Print(&b, verdicts["passed"]); err != nil || !strings.Contains(b.String(),
		green+"100 of 100 points"+off) || strings.Contains(b.String(), "hint") {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestJSONFollowsItsSchema(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile("../../../docs/lab-verdict.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range verdicts {
		var b bytes.Buffer
		if err := JSON(&b, v); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "\n") != 1 {
			t.Errorf("%s: %q", name, b.String())
		}
		value, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// And the schema would see what is wrong.
	for _, wrong := range []string{`{}`, `{"lab":1,"seed":1,"points":-1,"of":1,"steps":[]}`} {
		value, _ := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
		if s.Validate(value) == nil {
			t.Errorf("the schema accepts %s", wrong)
		}
	}
	half := verdicts["story"]
	half.Story = nil
	b, _ := json.Marshal(half)
	value, _ := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if s.Validate(value) == nil {
		t.Error("the schema accepts a failure without a story")
	}
}

func TestHint(t *testing.T) {
	for step, want := range map[string]string{"": "simplemsgr lab hint 3 'the second'\n",
		"the second": "Twice.\n", "The Second": "Twice.\n"} {
		var b bytes.Buffer
		if err := Hint(&b, &double, step); err != nil || !strings.HasSuffix(b.String(), want) {
			t.Errorf("%s: %q %v", step, b.String(), err)
		}
	}
	if err := Hint(&bytes.Buffer{}, &double, "third"); err == nil {
		t.Error("a hint for no step")
	}
}

func TestFind(t *testing.T) {
	for _, word := range []string{"3", "double"} {
		if l, err := Find([]grade.Lab{double}, word); err != nil || l.Number != 3 {
			t.Error(err)
		}
	}
	if _, err := Find([]grade.Lab{double}, "4"); err == nil ||
		!strings.Contains(err.Error(), "there are 3 (double)") {
		t.Error(err)
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{"a-b#c.md": "a-b#c.md", "#a": "'#a'", "": "''",
		"it's": `'it'\''s'`, "a b": "'a b'"} {
		if got := Quote(word); got != want {
			t.Errorf("%q: %s", word, got)
		}
	}
}

// Watch calls once, and then once for each change.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("1")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		calls := make(chan struct{}, 10)
		ended := make(chan error, 1)
		go func() {
			ended <- Watch(ctx, dir, func() error { calls <- struct{}{}; return nil })
		}()
		<-calls
		write("2")
		<-calls
		write("2") // is no change
		synctest.Wait()
		write("3")
		<-calls
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(calls) != 0 {
			t.Errorf("%d calls too many", len(calls))
		}
	})
	if err := Watch(t.Context(), filepath.Join(dir, "none"), nil); err == nil {
		t.Error("no folder, no error")
	}
}
