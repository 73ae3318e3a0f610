package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// summarize returns what is printed of a run.
func summarize(t *testing.T, events ...event) (out string, s *summary) {
	t.Helper()
	var b strings.Builder
	s = &summary{out: &b, output: map[key][]string{}}
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		s.line(line)
	}
	s.end()
	return b.String(), s
}

// A program that dies in the middle of a test says why: what it has printed is not lost with the
// verdict that never comes.
func TestPanicIsShown(t *testing.T) {
	out, s := summarize(t,
		event{Action: "run", Package: "p", Test: "TestGood"},
		event{Action: "output", Package: "p", Test: "TestGood", Output: "all is well\n"},
		event{Action: "pass", Package: "p", Test: "TestGood"},
		event{Action: "run", Package: "p", Test: "TestBad"},
		event{Action: "output", Package: "p", Test: "TestBad", Output: "panic: nil map\n"},
		event{Action: "output", Package: "p", Output: "FAIL p 1s\n"},
		event{Action: "fail", Package: "p", Elapsed: 1})
	for _, want := range []string{"TestBad has not ended", "panic: nil map", "1 passed, 1 failed"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said in\n%s", want, out)
		}
	}
	if strings.Contains(out, "all is well") || !s.broken {
		t.Errorf("broken %v, said:\n%s", s.broken, out)
	}
}
