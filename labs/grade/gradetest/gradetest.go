// Package gradetest checks a lab: that its grader passes the reference and a right solution, fails
// the starter with a story that helps, and finds out wrong submissions, each at the right step.
package gradetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/labs/grade"
)

// Wrong is a submission as a student errs: the solution with one text replaced.
type Wrong struct {
	Name string
	// File is that of the solution, Old stands in it once and becomes New.
	File, Old, New string
	// Step and Section are what the verdict must name.
	Step, Section string
	// Kind is that of the trouble, empty for a story.
	Kind string
}

// few is how many wrong submissions are tried with -short.
const few = 2

// Check checks a lab, whose folder is the working directory. Reference makes the reference of the
// library's own code.
func Check(t *testing.T, lab grade.Lab, reference func() grade.Subject, wrong []Wrong) {
	t.Helper()
	t.Run("reference", func(t *testing.T) {
		for seed := range uint64(3) {
			passes(t, grade.Grade(lab.Number, lab.Steps, reference(), seed))
		}
	})
	t.Run("starter", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "lab")
		if err := lab.Start(dir); err != nil {
			t.Fatal(err)
		}
		v := test(t, lab, dir)
		if v.Failed != lab.Steps[0].Name || v.Story == nil || v.Points != 0 {
			t.Errorf("the starter fails at %q with %d points: %+v %s", v.Failed, v.Points, v.Story,
				v.Trouble)
		}
	})
	t.Run("solution", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		write(t, lab, dir, Wrong{})
		v := test(t, lab, dir)
		passes(t, v)
		if again := test(t, lab, dir); again.Points != v.Points {
			t.Errorf("the same seed gives %d points, and then %d", v.Points, again.Points)
		}
	})
	for i, w := range wrong {
		if testing.Short() && i >= few {
			break // each compiles a program; make labs-check tries them all
		}
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, lab, dir, w)
			v := test(t, lab, dir)
			if v.Failed != w.Step || v.Section != w.Section || v.Kind != w.Kind {
				t.Errorf("fails at %q (%s, %s), want %q (%s, %s)\n%+v\n%s", v.Failed, v.Section,
					v.Kind, w.Step, w.Section, w.Kind, v.Story, v.Trouble)
			}
		})
	}
	if len(wrong) < 4 {
		t.Errorf("only %d wrong submissions", len(wrong))
	}
	texts(t, lab)
}

// texts: each step has a hint, and is named in the README.
func texts(t *testing.T, lab grade.Lab) {
	t.Helper()
	for _, step := range lab.Steps {
		if _, found := lab.Hint(step.Name); !found {
			t.Errorf("hints.md has nothing for the step %q", step.Name)
		}
		if !strings.Contains(lab.Readme(), step.Name) {
			t.Errorf("README.md does not name the step %q", step.Name)
		}
	}
}

func test(t *testing.T, lab grade.Lab, dir string) grade.Verdict {
	t.Helper()
	v, err := lab.Test(t.Context(), dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func passes(t *testing.T, v grade.Verdict) {
	t.Helper()
	if v.Failed != "" || v.Points != v.Of {
		t.Errorf("seed %d: %d of %d points, fails at %q: %+v %s", v.Seed, v.Points, v.Of, v.Failed,
			v.Story, v.Trouble)
	}
}

// write writes the starter, over it the solution, and in that what is wrong.
func write(t *testing.T, lab grade.Lab, dir string, w Wrong) {
	t.Helper()
	inner := filepath.Join(dir, "lab")
	if err := lab.Start(inner); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("_solution")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join("_solution", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() == w.File {
			if n := strings.Count(string(b), w.Old); n != 1 {
				t.Fatalf("%s: the text to be replaced stands in %s %d times", w.Name, w.File, n)
			}
			b = []byte(strings.Replace(string(b), w.Old, w.New, 1))
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	move(t, inner, dir)
}

// move takes what is not there yet from a folder into the one above it.
func move(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(to, e.Name())); err == nil {
			continue
		}
		err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(from); err != nil {
		t.Fatal(err)
	}
}
