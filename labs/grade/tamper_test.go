package grade

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	right = "package main\n\nfunc Double(how string, n int) any { return map[string]int{\"N\": 2 * n} }\n"
	wrong = "package main\n\nfunc Double(how string, n int) any { return map[string]int{\"N\": 3 * n} }\n"
	mod   = "module student\n\ngo 1.22\n"
)

// What stands in a folder beside the student's own part makes nothing right.
func TestFolders(t *testing.T) {
	elsewhere := folder(t, map[string]string{"go.mod": "module x\n", "x.go": "package x\n"})
	for name, tc := range map[string]struct {
		files  map[string]string
		points int
		kind   string
		says   string
	}{
		"right": {map[string]string{"double.go": right, "go.mod": mod}, 100, "", ""},
		"without the grader's files, which are broken": {map[string]string{"double.go": right,
			"go.mod": mod, "main.go": "nonsense", "driver.go": "nonsense"}, 100, "", ""},
		"a main.go that would answer": {map[string]string{"double.go": wrong, "go.mod": mod,
			"main.go": "package main\n\nfunc main() { println(100) }\n"}, 0, "", ""},
		"driver.go is a folder": {map[string]string{"double.go": wrong, "go.mod": mod,
			"driver.go/x.go": "package x\n"}, 0, "", ""},
		"does not build": {map[string]string{"double.go": "package main\n\nfunc Double() int63\n",
			"go.mod": mod}, 0, "build", "double.go:3"},
		"nothing is there": {nil, 0, "build", "lab start"},
		"a module from elsewhere": {map[string]string{
			"go.mod":    mod + "\nrequire example.com/x v1.0.0\n",
			"double.go": strings.Replace(right, "func", "import _ \"example.com/x\"\n\nfunc", 1),
		}, 0, "build", "example.com/x"},
		"a go.mod that asks for a newer Go": {map[string]string{"double.go": right,
			"go.mod": "module student\n\ngo 9.99\n"}, 100, "", ""},
		"without a go.mod": {map[string]string{"double.go": right}, 100, "", ""},
		"C": {map[string]string{"go.mod": mod, "double.go": right,
			"c.go": "package main\n\nimport \"C\"\n\nfunc init() { Double = nil }\n"}, 100, "", ""},
		"a folder elsewhere": {map[string]string{
			"go.mod":    mod + "\nrequire x v0.0.0\n\nreplace x => " + elsewhere + "\n",
			"double.go": strings.Replace(right, "func", "import _ \"x\"\n\nfunc", 1),
		}, 0, "build", "package x is not in std"},
		"a package of one's own, with a go.mod of its own": {map[string]string{
			"sub/go.mod": "module y\n", "sub/x.go": "package sub\n",
			"double.go": strings.Replace(right, "func", "import _ \"student/sub\"\n\nfunc", 1),
		}, 100, "", ""},
		"hidden": {map[string]string{"go.mod": mod, "double.go": right, ".git/x.go": "nonsense",
			"_old/x.go": "nonsense"}, 100, "", ""},
		"too much": {map[string]string{"go.mod": mod, "double.go": right + "//" +
			strings.Repeat("x", 9<<20)}, 0, "build", "too much source"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, tc.files)
			l := lab("", Limits{})
			v, err := l.Test(t.Context(), dir, 1)
			if err != nil {
				t.Fatal(err)
			}
			if v.Points != tc.points || v.Kind != tc.kind || !strings.Contains(v.Trouble, tc.says) {
				t.Errorf("%+v", v)
			}
			if strings.Contains(v.Trouble, os.TempDir()) {
				t.Errorf("the verdict tells paths of this machine: %s", v.Trouble)
			}
		})
	}
}

// Links lead nowhere: what they point to is not a student's.
func TestLinksAreNotFollowed(t *testing.T) {
	dir := folder(t, map[string]string{"other.go": "package main\n"})
	elsewhere := folder(t, map[string]string{"double.go": right})
	if err := os.Symlink(filepath.Join(elsewhere, "double.go"),
		filepath.Join(dir, "double.go")); err != nil {
		t.Skip(err)
	}
	l := lab("", Limits{})
	if v, err := l.Test(t.Context(), dir, 1); err != nil || v.Kind != "build" {
		t.Errorf("%+v %v", v, err)
	}
}

func TestNoFolder(t *testing.T) {
	l := lab("", Limits{})
	_, err := l.Test(t.Context(), filepath.Join(t.TempDir(), "none"), 1)
	if err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Error(err)
	}
}

func TestNoGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	l := lab("", Limits{})
	var trouble *Trouble
	if _, err := l.Test(t.Context(), t.TempDir(), 1); err == nil || errors.As(err, &trouble) ||
		!strings.Contains(err.Error(), "labs need Go") {
		t.Error(err)
	}
}

// A student's work is never written over.
func TestStart(t *testing.T) {
	l := lab("", Limits{})
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := l.Start(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "go.mod", "main.go", "driver.go", "double.go"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || !strings.Contains(string(readme), "simplemsgr docs protocol#checksums") {
		t.Errorf("README.md does not say how links are followed: %s %v", readme, err)
	}
	if err := l.Start(dir); err == nil {
		t.Error("started twice")
	}
	if v, err := l.Test(t.Context(), dir, 1); err != nil || v.Points != 0 || v.Story == nil {
		t.Errorf("%+v %v", v, err)
	}
}

func TestFingerprint(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": "1", "go.mod": "2", "notes.txt": "3"})
	of := func() string {
		f, err := Fingerprint(dir)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	first := of()
	write("notes.txt", "4")
	if of() != first {
		t.Error("notes are not graded")
	}
	write("a.go", "2")
	second := of()
	write("a.go", "1")
	write("b.go", "1")
	if third := of(); second == first || third == first || third == second {
		t.Error("a change was not seen")
	}
}

func TestHint(t *testing.T) {
	l := lab("", Limits{})
	if text, found := l.Hint("double"); !found || text != "Twice." {
		t.Errorf("%q %v", text, found)
	}
	if text, found := l.Hint("doub"); found {
		t.Error(text)
	}
}
