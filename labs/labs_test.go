package labs

import (
	"io/fs"
	"strings"
	"testing"

	"simplemessenger/docs"
	"simplemessenger/internal/command/pages"
)

// What students get has no solution in it, and each step leads to a section that is there.
func TestLabs(t *testing.T) {
	all, err := pages.Read(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range All() {
		if l.Number != i+1 || l.Name == "" || l.Title == "" {
			t.Errorf("lab %d of the course is %d, %q: %q", i+1, l.Number, l.Name, l.Title)
		}
		err := fs.WalkDir(l.Files, ".", func(path string, _ fs.DirEntry, err error) error {
			if strings.Contains(path, "solution") {
				t.Errorf("lab %d carries its solution along: %s", l.Number, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, s := range l.Steps {
			if names[s.Name] || s.Points <= 0 {
				t.Errorf("lab %d: step %q has %d points, or stands twice", l.Number, s.Name,
					s.Points)
			}
			names[s.Name] = true
			if _, found := pages.Lookup(all, s.Section); !found {
				t.Errorf("lab %d, %s: there is no section %q", l.Number, s.Name, s.Section)
			}
		}
	}
}
