package layers

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// The rule of locks, of package pipe: a function whose name ends in Locked is called by who holds the lock, which is a function that ends so too, or
// one that takes the lock itself before. Nobody gives back a lock that he did not take.

// lockName returns what a call locks or unlocks, "" if it does neither: "p.mu" of p.mu.Lock().
func lockName(n ast.Node, method string) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != method {
		return ""
	}
	return words(s.X)
}

// words returns an operand as it is written, as far as it consists of names.
func words(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return words(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		return words(e.Fun) + "()"
	}
	return "?"
}

// lockFaults finds what breaks the rule in a file.
func lockFaults(f file) []string {
	var all []string
	for _, d := range f.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		taken := map[string]bool{} // so far, from the top of the function to its end
		holds := strings.HasSuffix(function.Name.Name, "Locked")
		ast.Inspect(function.Body, func(n ast.Node) bool {
			if lock := lockName(n, "Lock"); lock != "" {
				taken[lock] = true
			}
			if lock := lockName(n, "Unlock"); lock != "" && !taken[lock] {
				all = append(all, f.at(n)+": "+function.Name.Name+" gives "+lock+" back, which it did not take")
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			s, ok := call.Fun.(*ast.SelectorExpr)
			if ok && strings.HasSuffix(s.Sel.Name, "Locked") && !holds && !slices.ContainsFunc(keys(taken), isMutex) {
				all = append(all, f.at(n)+": "+function.Name.Name+" calls "+s.Sel.Name+" without the lock")
			}
			return true
		})
	}
	return all
}

func isMutex(lock string) bool {
	return strings.HasSuffix(lock, "mu") || strings.HasSuffix(lock, "registry")
}

func keys(m map[string]bool) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// guarded are the fields that a pipe's lock guards: those that stand below it in the declaration.
func guarded(t *testing.T, files []file, structure string) map[string]bool {
	t.Helper()
	fields := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f.File, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != structure {
				return true
			}
			below := false
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, name := range field.Names {
					if below {
						fields[name.Name] = true
					}
					below = below || name.Name == "mu"
				}
			}
			return false
		})
	}
	if len(fields) < 5 {
		t.Fatalf("%s: %d guarded fields", structure, len(fields))
	}
	return fields
}

// touches finds functions that use a guarded field of a pipe without its lock.
func touches(f file, fields map[string]bool) []string {
	var all []string
	for _, d := range f.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok || function.Body == nil || strings.HasSuffix(function.Name.Name, "Locked") || strings.HasPrefix(function.Name.Name, "new") || strings.HasPrefix(function.Name.Name, "New") {
			continue
		}
		locked := false
		ast.Inspect(function.Body, func(n ast.Node) bool {
			locked = locked || isMutex(lockName(n, "Lock"))
			s, ok := n.(*ast.SelectorExpr)
			if !ok || locked || !fields[s.Sel.Name] {
				return true
			}
			if x := words(s.X); x == "p" || x == "old" || x == "other" || strings.HasSuffix(x, ".p") {
				all = append(all, f.at(n)+": "+function.Name.Name+" uses "+words(s)+" without the lock")
			}
			return true
		})
	}
	return all
}

func TestLocksOfPipe(t *testing.T) {
	files := parse(t, "../../../pipe")
	fields := guarded(t, files, "Pipe")
	for _, f := range files {
		for _, v := range append(lockFaults(f), touches(f, fields)...) {
			t.Error(v)
		}
	}
}

func TestLockFaultsAreSeen(t *testing.T) {
	f := parseSource(t, "pipe.go", `package pipe
type Pipe struct {
	id int
	mu sync.Mutex
	state, link, session, a, b int
}
func (p *Pipe) endLocked() { p.state = 1 }
func (p *Pipe) good() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endLocked()
	p.link = p.id
}
func (p *Pipe) alsoLocked() { p.endLocked() }
func (p *Pipe) bad() { p.endLocked() }
func (p *Pipe) early() int {
	p.link = 1
	p.mu.Lock()
	return p.id
}
func (p *Pipe) giving() { p.mu.Unlock() }
`)
	got := append(lockFaults(f), touches(f, guarded(t, []file{f}, "Pipe"))...)
	want := []string{
		"pipe.go:15: bad calls endLocked without the lock",
		"pipe.go:21: giving gives p.mu back, which it did not take",
		"pipe.go:17: early uses p.link without the lock",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
