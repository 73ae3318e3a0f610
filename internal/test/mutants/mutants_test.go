package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNamesAreUnique(t *testing.T) {
	all, err := choose("")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range all {
		if names[m.name] || m.old == m.new || m.breaks == "" || len(m.packages) == 0 {
			t.Errorf("%+v", m)
		}
		names[m.name] = true
	}
	if len(all) < 24 {
		t.Errorf("%d mutants", len(all))
	}
}

// Every bug still has its place in the code.
func TestMutantsFollowTheCode(t *testing.T) {
	all, err := choose("")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		b, err := os.ReadFile(filepath.Join("../../..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else if n := strings.Count(string(b), m.old); n != 1 {
			t.Errorf("%s: the text to be changed stands in %s %d times", m.name, m.file, n)
		}
	}
}

func TestApply(t *testing.T) {
	tree := t.TempDir()
	path := filepath.Join(tree, "x.go")
	const text = "one two\ntwo three\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	content := func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	undo, err := mutant{file: "x.go", old: "one", new: "four"}.apply(tree)
	if err != nil || content() != "four two\ntwo three\n" {
		t.Fatalf("%q, %v", content(), err)
	}
	if err := undo(); err != nil || content() != text {
		t.Fatalf("%q, %v", content(), err)
	}
	for _, old := range []string{"two", "five"} { // not the only one, and none
		if _, err := (mutant{file: "x.go", old: old, new: "six"}).apply(tree); err == nil || content() != text {
			t.Errorf("%s: %v, %q", old, err, content())
		}
	}
	if _, err := (mutant{file: "y.go"}).apply(tree); err == nil {
		t.Error("no file, no error")
	}
}

func TestWitness(t *testing.T) {
	for out, want := range map[string]string{
		"--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\nFAIL":                            "TestA/b",
		"panic: test timed out after 2m0s\n\ngoroutine 7:\nsimplemessenger/pipe.TestB.func1(0x1)": "TestB (hung)",
		"fatal error: all goroutines are asleep - deadlock!\n\nsimplemessenger/pipe.TestC(0x1)":   "TestC (fatal error: all goroutines are asleep - deadlock!)",
		"FAIL\tsimplemessenger/pipe": "failed",
	} {
		if got := witness(out); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
