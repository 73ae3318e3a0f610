package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"simplemessenger/conformance"
)

func jsonOf(t *testing.T, r *conformance.Report, run Run) string {
	t.Helper()
	var b strings.Builder
	j := &JSON{Run: run, W: &b, Strict: r.Strict}
	err := j.Start(r, len(r.Results))
	for _, result := range r.Results {
		if err == nil {
			err = j.Result(result)
		}
	}
	if err == nil {
		err = j.End(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("../../docs/conformance-report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid returns what the schema says of a line.
func valid(t *testing.T, s *jsonschema.Schema, line string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestJSONFollowsItsSchema(t *testing.T) {
	s := schema(t)
	r := played(t, cases, conformance.Options{Seed: 5})
	lines := strings.Split(strings.TrimSpace(jsonOf(t, r, about)), "\n")
	if len(lines) != len(r.Results)+2 {
		t.Errorf("%d lines of %d results", len(lines), len(r.Results))
	}
	for _, text := range append(lines, strings.Split(
		strings.TrimSpace(jsonOf(t, &conformance.Report{Role: "peer"}, Run{})), "\n")...) {
		if err := valid(t, s, text); err != nil {
			t.Errorf("%v\n%.2000s", err, text)
		}
	}
	for _, wrong := range []string{`{}`, `{"type":"end"}`, `{"type":"result","case":"a"}`,
		strings.Replace(lines[0], `"run"`, `"start"`, 1),
		strings.Replace(lines[1], `"verdict":"pass"`, `"verdict":"fine"`, 1),
		strings.Replace(lines[1], `"from":"kit"`, `"from":"us"`, 1)} {
		if valid(t, s, wrong) == nil {
			t.Errorf("the schema takes %.200s", wrong)
		}
	}
}

// Two runs with the same seed say the same, but for times and what the kit draws anew.
func TestJSONIsStable(t *testing.T) {
	r := played(t, cases, conformance.Options{Seed: 5})
	r.Began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var indented bytes.Buffer
	for _, text := range strings.Split(strings.TrimSpace(jsonOf(t, r, about)), "\n") {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line["case"] == "wrong/sockets" {
			continue // its frames hold checksums of what is drawn
		}
		frames, _ := line["frames"].([]any)
		for _, f := range frames {
			constant(f.(map[string]any))
		}
		e := json.NewEncoder(&indented)
		e.SetIndent("", " ")
		if err := e.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "json.txt", indented.String())
}

// constant takes out of a frame what differs each time.
func constant(frame map[string]any) {
	delete(frame, "hex")
	if frame["from"] == "kit" || frame["name"] == "BANNER" {
		delete(frame, "fields")
	}
	fields, _ := frame["fields"].([]any)
	for _, f := range fields {
		if f := f.(map[string]any); f["name"] == "global_seq" {
			delete(f, "hex")
			delete(f, "value")
		}
	}
}

func TestJSONIsBounded(t *testing.T) {
	r := flooded(3000)
	text := jsonOf(t, r, Run{})
	if !strings.Contains(text, `{"left_out":2001}`) || len(text) > 1<<20 {
		t.Errorf("%d bytes", len(text))
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if err := valid(t, schema(t), line); err != nil {
			t.Error(err)
		}
	}
}
