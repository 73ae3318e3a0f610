package grade

import (
	"bytes"
	"context"
	_ "embed" // the driver
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

//go:embed _driver/driver.go
var driver []byte

// Lab is one lab: what a student gets, and how it is graded.
type Lab struct {
	Number int
	// Name is a word, Title a line.
	Name, Title string
	// Files has README.md, hints.md and the folder _starter. In that main.go is the grader's: it
	// says which function answers which question; and so is each other file that begins with the
	// same words as that, and go.mod, which is there as go.mod.txt.
	Files fs.FS
	Steps []Step
	// Limits are what the program of a student may take; zero is the default of each.
	Limits Limits
	// Monitor is HOST:PORT[/NONCE] of a real monitor, for the lab at whose end one is pinged. It is
	// for who tests to set; without it that is left out.
	Monitor string
}

// starter is the folder of the files that a student gets.
const starter = "_starter"

// read returns a file of the lab; that there is one is tested.
func (l *Lab) read(name string) []byte {
	b, err := fs.ReadFile(l.Files, name)
	if err != nil {
		panic(err)
	}
	return b
}

// Readme returns the lab's text.
func (l *Lab) Readme() string { return string(l.read("README.md")) }

// Hint returns what hints.md says under the heading with the name of a step.
func (l *Lab) Hint(step string) (string, bool) {
	for part := range strings.SplitSeq("\n"+string(l.read("hints.md")), "\n## ") {
		title, text, _ := strings.Cut(part, "\n")
		if strings.TrimSpace(title) == step {
			return strings.TrimSpace(text), true
		}
	}
	return "", false
}

// gradersWords is how a file of the grader's begins.
const gradersWords = "// This file is the grader's"

// graders are the files that are put beside the student's each time.
func (l *Lab) graders() map[string][]byte {
	files := map[string][]byte{"driver.go": driver,
		"go.mod": l.read(path.Join(starter, "go.mod.txt"))}
	entries, err := fs.ReadDir(l.Files, starter)
	if err != nil {
		panic(err) // that there is a starter is tested
	}
	for _, e := range entries {
		b := l.read(path.Join(starter, e.Name()))
		if e.Name() == "main.go" || bytes.HasPrefix(b, []byte(gradersWords)) {
			files[e.Name()] = b
		}
	}
	return files
}

// linksLead stands at the end of a student's README.md, which has no docs beside it.
const linksLead = "\n---\n\nLinks into `../../docs` lead nowhere from this folder. `simplemsgr` has " +
	"the docs with it: for `../../docs/protocol.md#checksums` say " +
	"`simplemsgr docs protocol#checksums`.\n"

// Start writes the files of a student into a folder, which must be empty or not there.
func (l *Lab) Start(dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return errors.Errorf("%s is not empty: what is in it might be your work", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	files := l.graders()
	files["README.md"] = append(l.read("README.md"), linksLead...)
	entries, err := fs.ReadDir(l.Files, starter)
	if err != nil {
		return err
	}
	for _, e := range entries {
		files[strings.TrimSuffix(e.Name(), ".txt")] = l.read(path.Join(starter, e.Name()))
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// Test grades what is in a folder. The error is one of the grader's surroundings, or of the
// context; whatever is wrong with what is in the folder is in the verdict.
func (l *Lab) Test(ctx context.Context, dir string, seed uint64) (Verdict, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return Verdict{}, errors.Errorf("there is no folder %s", dir)
	}
	path, remove, err := Build(ctx, dir, l.graders(), l.Limits)
	if remove != nil {
		defer remove()
	}
	var subject Subject
	var trouble *Trouble
	switch {
	case errors.As(err, &trouble):
		subject = silent{trouble}
	case err != nil:
		return Verdict{}, err
	default:
		program, err := Start(ctx, path, l.Limits)
		switch {
		case ctx.Err() != nil && err != nil:
			return Verdict{}, ctx.Err()
		case err != nil:
			return Verdict{}, errors.Wrap(err, "start what was built")
		}
		subject = program
	}
	return l.Grade(ctx, subject, seed), ctx.Err()
}

// Grade asks a subject step after step, until one is not right. The subject is closed at the end.
func (l *Lab) Grade(ctx context.Context, subject Subject, seed uint64) Verdict {
	return grade(l.Number, l.Steps, subject, seed, Session{ctx: ctx, monitor: l.Monitor})
}

// silent answers nothing, for a reason.
type silent struct{ why *Trouble }

func (s silent) Ask(string, jsonRaw) (jsonRaw, error) { return nil, s.why }
func (s silent) Close() error                         { return nil }
