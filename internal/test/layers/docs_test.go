package layers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A claim in docs is as good as the test that it names.
func TestTestsThatDocsNameExist(t *testing.T) {
	docs, err := filepath.Glob("../../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no docs: %v", err)
	}
	out, err := exec.Command("go", "list", "-f",
		`{{$d := .Dir}}{{range .TestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, "../../../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	have := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	for _, file := range strings.Fields(string(out)) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range function.FindAllSubmatch(source, -1) {
			have[string(m[1])] = true
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllString(string(text), -1) {
			if !have[name] {
				t.Errorf("%s names %s, which no test is", filepath.Base(doc), name)
			}
		}
	}
}

// So is one that names an error: each is declared in the package that it is said to be of.
func TestErrorsThatDocsNameExist(t *testing.T) {
	docs, err := filepath.Glob("../../../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("no docs: %v", err)
	}
	named := regexp.MustCompile("`(\\w+)\\.(Err[A-Z]\\w*)`")
	found := 0
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllSubmatch(text, -1) {
			found++
			declared := regexp.MustCompile(`(?m)^(?:var |\s+)` + string(m[2]) + `\b.*= `)
			files, _ := filepath.Glob(filepath.Join("../../..", string(m[1]), "*.go"))
			if !slices.ContainsFunc(files, func(file string) bool {
				source, err := os.ReadFile(file)
				return err == nil && declared.Match(source)
			}) {
				t.Errorf("%s names %s.%s, which is not declared", filepath.Base(doc), m[1], m[2])
			}
		}
	}
	if found < 10 {
		t.Errorf("%d names found", found)
	}
}

// So is a case of history: each has a test of its number.
func TestCasesOfHistoryHaveTests(t *testing.T) {
	page, err := os.ReadFile("../../../docs/history.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../sessiontest/*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	var tests strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(source)
	}
	cases := regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(string(page), -1)
	for _, m := range cases {
		if name := "func TestHardCase" + ("0" + m[1])[len(m[1])-1:]; !strings.Contains(
			tests.String(), name) {
			t.Errorf("history.md tells case %s, and there is no %s…", m[1], name)
		}
	}
	if len(cases) != 32 {
		t.Errorf("%d cases", len(cases))
	}
}
