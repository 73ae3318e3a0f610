package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// pageWidth is the measure of the page, in columns; a tab is four.
const pageWidth = 100

// wideLines returns the lines of a source that are wider than the page. Those do not count that
// cannot be broken: within a raw string, of a comment what is set as it is to be seen (behind a
// tab), and what is wide only by one literal in it.
func wideLines(t *testing.T, name string, source []byte) (wide []int) {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	literal := map[int]int{} // columns of the widest string in each line
	raw := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.BasicLit)
		if !ok || s.Kind != token.STRING {
			return true
		}
		first, last := files.Position(s.Pos()).Line, files.Position(s.End()).Line
		for line := first; line <= last; line++ {
			raw[line] = raw[line] || first != last || s.Value[0] == '`'
		}
		literal[first] = max(literal[first], utf8.RuneCountInString(s.Value))
		return true
	})
	for i, line := range strings.Split(string(source), "\n") {
		width := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
		comment := strings.TrimLeft(line, "\t")
		set := strings.HasPrefix(comment, "//\t") || strings.HasPrefix(comment, "// Output:")
		if width > pageWidth && !raw[i+1] && !set && width-literal[i+1] > pageWidth/2 {
			wide = append(wide, i+1)
		}
	}
	return wide
}

func TestPage(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
		`{{range .TestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
		`{{range .IgnoredGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, "../../../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	names := strings.Fields(string(out))
	if len(names) < 300 {
		t.Fatalf("%d files", len(names))
	}
	for _, name := range names {
		if filepath.Base(filepath.Dir(name)) == "mutants" {
			continue // a seeded bug is a row, with lines of other files in it
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range wideLines(t, name, source) {
			t.Errorf("%s:%d: wider than %d columns", name, line, pageWidth)
		}
	}
}

func TestWideLinesAreSeen(t *testing.T) {
	long := strings.Repeat("x", 90)
	source := "package p\n\n// " + long + " " + long + "\n//\t" + long + long +
		"\nvar a" + long + long +
		" = 1\nvar b = \"" + long + long + "\"\nvar c = `" + long + long + "`\n"
	got := wideLines(t, "p.go", []byte(source))
	if len(got) != 2 || got[0] != 3 || got[1] != 5 {
		t.Errorf("got %v", got)
	}
}
