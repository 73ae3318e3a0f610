package layers

import (
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sleeps are the functions that may sleep where nothing can wake them.
var sleeps = map[string]string{
	"pipe.internalDelay": "an injected fault: it is there to be in the way",
	"bench.reply":        "a load that thinks between two requests, as it was asked to",
	"bench.take":         "a server that thinks before it answers, as it was asked to",
}

// waits finds calls that wait for the clock and for nothing else.
func waits(pkg string, f file) []string {
	var all []string
	for _, d := range f.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); !ok || x.Name != "time" {
				return true
			}
			switch s.Sel.Name {
			case "After", "Tick":
				all = append(all, f.at(s)+": time."+s.Sel.Name+" cannot be stopped")
			case "Sleep":
				if sleeps[pkg+"."+function.Name.Name] == "" {
					all = append(all, f.at(s)+": time.Sleep in "+function.Name.Name+" cannot be "+
						"woken")
				}
			}
			return true
		})
	}
	return all
}

// Whoever waits for the clock can be woken by what ends the wait: a closed socket, a shutdown.
func TestWaitsCanBeEnded(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Name}} {{.ImportPath}} {{.Dir}}",
		module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		if strings.HasPrefix(fields[1], module+"internal/test/") || onlyTests(t, fields[2]) {
			continue
		}
		packages++
		for _, f := range parse(t, fields[2]) {
			for _, w := range waits(fields[0], f) {
				t.Errorf("%s/%s", fields[1], w)
			}
		}
	}
	if packages < 20 {
		t.Errorf("only %d packages looked at", packages)
	}
}

func onlyTests(t *testing.T, dir string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(
			f); err == nil && !info.IsDir() && !strings.HasSuffix(f, "_test.go") {
			return false
		}
	}
	return true
}

func TestWaitsAreSeen(t *testing.T) {
	f := parseSource(t, "wait.go", `package p
import "time"
func internalDelay() { time.Sleep(1) }
func other() {
	time.Sleep(1)
	<-time.After(1)
	<-time.Tick(1)
	time.NewTimer(1).Stop()
}`)
	want := "wait.go:5: time.Sleep in other cannot be woken, wait.go:6: time.After cannot be " +
		"stopped, wait.go:7: time.Tick cannot be stopped"
	if got := strings.Join(waits("pipe", f), ", "); got != want {
		t.Errorf("got %s", got)
	}
}
