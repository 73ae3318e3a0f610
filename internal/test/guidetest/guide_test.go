package guidetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// piece is what a page shows as Go.
var piece = regexp.MustCompile("(?s)```go\n(.*?)```")

// Each piece of Go on a page is a piece of what runs here, or as the example of a package.
// Students' code in labs is another matter: nothing in this tree could run it.
func TestPagesShowWhatRuns(t *testing.T) {
	var all strings.Builder
	for _, pattern := range []string{"*_test.go", "../../../*/example_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			all.WriteString(strip(read(t, file)))
		}
	}
	found := map[string]int{}
	for _, page := range pages(t) {
		for _, p := range piece.FindAllStringSubmatch(read(t, page), -1) {
			found[filepath.Base(page)]++
			if !strings.Contains(all.String(), strip(p[1])) {
				t.Errorf("%s: nothing runs\n%s", page, p[1])
			}
		}
	}
	for page, least := range map[string]int{"guide.md": 12, "observation.md": 1, "README.md": 1} {
		if found[page] < least {
			t.Errorf("%s: %d pieces of code", page, found[page])
		}
	}
}

// pages returns the pages of the tree but those of labs, relative to here.
func pages(t *testing.T) (all []string) {
	t.Helper()
	const root = "../../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (name[0] == '.' || name == "labs" ||
			name == "testdata" || name == "bin" || name == "dist") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			all = append(all, path)
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d pages, %v", len(all), err)
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func strip(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
