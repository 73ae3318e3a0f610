package report

import (
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
)

func junitOf(t *testing.T, r *conformance.Report) string {
	t.Helper()
	var b strings.Builder
	if err := (&JUnit{Run: about}).Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// junitForm is what the readers of Jenkins (jenkins-junit.xsd of its xUnit plugin) and GitLab take:
// of each element where it may stand, what it must have, and what else it may have, of numbers with
// a #.
var junitForm = map[string]struct {
	parents      []string
	needs, takes []string
}{
	"testsuites": {[]string{""}, nil, []string{"name", "#tests", "#failures", "#errors", "#skipped",
		"#time"}},
	"testsuite": {[]string{"testsuites"}, []string{"name", "#tests", "#failures", "#errors"},
		[]string{"#skipped", "#time", "timestamp"}},
	"properties": {[]string{"testsuite"}, nil, nil},
	"property":   {[]string{"properties"}, []string{"name", "value"}, nil},
	"testcase":   {[]string{"testsuite"}, []string{"name", "classname"}, []string{"#time"}},
	"failure":    {[]string{"testcase"}, []string{"message"}, []string{"type"}},
	"skipped":    {[]string{"testcase"}, nil, []string{"message"}},
	"system-out": {[]string{"testcase"}, nil, nil},
}

// checkJUnit reads a report as strictly as it can be read, and counts elements.
func checkJUnit(t *testing.T, text string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	path := []string{""}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return counts
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			counts[name]++
			form, known := junitForm[name]
			if !known || !slices.Contains(form.parents, path[len(path)-1]) {
				t.Errorf("%s in %v", name, path)
			}
			if name == "properties" && counts["testcase"] > 0 && counts["testsuite"] == 1 {
				t.Error("properties come first in a suite")
			}
			checkAttributes(t, e, form.needs, form.takes)
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

func checkAttributes(t *testing.T, e xml.StartElement, needs, takes []string) {
	t.Helper()
	have := map[string]string{}
	for _, a := range e.Attr {
		have[a.Name.Local] = a.Value
	}
	for i, name := range append(slices.Clone(needs), takes...) {
		name, number := strings.CutPrefix(name, "#")
		value, found := have[name]
		delete(have, name)
		if _, err := strconv.ParseFloat(value, 64); found && number && err != nil ||
			!found && i < len(needs) {
			t.Errorf("%s: %s is %q", e.Name.Local, name, value)
		}
	}
	for name := range have {
		t.Errorf("%s has %s", e.Name.Local, name)
	}
}

func TestJUnit(t *testing.T) {
	r := played(t, cases, conformance.Options{})
	text := junitOf(t, r)
	got := checkJUnit(t, text)
	if got["testsuite"] != 2 || got["testcase"] != 5 || got["failure"] != 2 ||
		got["skipped"] != 1 || got["system-out"] != 1 || got["property"] != 14 {
		t.Errorf("%v\n%s", got, text)
	}
	for _, want := range []string{
		`tests="5" failures="2" errors="0" skipped="1"`,
		`<testcase name="right/new" classname="conformance.server.right"`,
		`<failure message="V1-ACCEPT-6: reply: expected tag=RESETSESSION, got tag=READY" ` +
			`type="fail">`,
		"✗ expect reply tag=RESETSESSION [V1-ACCEPT-6]",
		`<skipped message="unsupported: it has no lossless session for the kit">`,
		`<property name="target" value="10.0.0.1:6800">`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s\n%s", want, text)
		}
	}
	r.Strict = true
	if got := checkJUnit(t, junitOf(t, r)); got["failure"] != 3 {
		t.Errorf("strict: %v", got)
	}
	checkJUnit(t, junitOf(t, &conformance.Report{}))
}

// XML has no control characters, not even as references; they are told all the same.
func TestJUnitOfAHostileTarget(t *testing.T) {
	const evil = "\x00\x1b[2J ]]><b a=\"'&\ufffe\x80"
	report := &conformance.Report{Target: evil, Capabilities: []string{evil}}
	for _, v := range verdicts {
		report.Results = append(report.Results, &conformance.Result{Verdict: v, Step: -1,
			Case:   &script.Case{Name: "g" + evil + "/n" + evil, About: evil, Rules: []string{"X"}},
			Reason: evil, Output: evil, Rule: "X"})
	}
	text := junitOf(t, report)
	checkJUnit(t, text)
	if !strings.Contains(text, `\x00\x1b[2J`) || strings.Contains(text, "<b") {
		t.Errorf("%s", text)
	}
}
