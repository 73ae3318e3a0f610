package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file is a parsed file.
type file struct {
	*ast.File
	set *token.FileSet
}

// at returns where something stands.
func (f file) at(n ast.Node) string {
	p := f.set.Position(n.Pos())
	return fmt.Sprintf("%s:%d", filepath.Base(p.Filename), p.Line)
}

// parse returns the files of a folder that are not tests.
func parse(t *testing.T, dir string) []file {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") &&
			!strings.HasSuffix(name, "_test.go") {
			source, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, parseSource(t, name, string(source)))
		}
	}
	if len(files) == 0 {
		t.Fatalf("no files in %s", dir)
	}
	return files
}

func parseSource(t *testing.T, name, source string) file {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return file{f, set}
}

// impurities finds what a pure function does not do: goroutines, channels, and asking for the time.
func impurities(f file) []string {
	var all []string
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			all = append(all, f.at(n)+": a goroutine")
		case *ast.ChanType, *ast.SendStmt, *ast.SelectStmt:
			all = append(all, f.at(n)+": a channel")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && clock[n.Sel.Name] {
				all = append(all, f.at(n)+": time."+n.Sel.Name)
			}
		}
		return true
	})
	return all
}

// clock are the functions of package time that look at the clock or wait for it.
var clock = map[string]bool{"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true,
	"AfterFunc": true, "NewTimer": true,
	"NewTicker": true, "Tick": true}

func TestImpuritiesAreSeen(t *testing.T) {
	f := parseSource(t, "rule.go", `package rule
import "time"
func Rule(c chan int) time.Duration {
	go func() {}()
	c <- 1
	return time.Since(time.Time{})
}`)
	want := "rule.go:3: a channel, rule.go:4: a goroutine, rule.go:5: a channel, rule.go:6: " +
		"time.Since"
	if got := strings.Join(impurities(f), ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
