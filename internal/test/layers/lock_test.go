package layers

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// The rule of locks, of package session. A session's lock is taken by one function, locked;
// everything that needs it is a function whose name ends in Locked, or a literal that is given to
// locked, do or on. Fields below a mutex are touched by those alone. Nobody gives back a lock that
// he did not take. Who holds one calls no code of the user's (but tracers, whose order is the order
// of what they are told) and no socket, and waits for nothing.

// runners take a transition and run it under the lock.
var runners = []string{"locked", "do", "on"}

// forbidden are calls for which nobody may hold a lock: of user code, of sockets, or because they
// wait.
var forbidden = []string{"Shut", "WriteNow", "Dial", "FastConnect", "FastAccept", "Deliver",
	"WaitForRoom", "WaitForEventRoom",
	"AuthClient", "AuthServer", "MustProve", "Intercept", "Sleep", "Wait", "waitForRoom",
	"directWrite", "run", "HandUp"}

// walker looks at one function.
type walker struct {
	f       file
	name    string          // of the function
	guarded map[string]bool // fields of the session
	taken   map[string]bool // mutexes, from the top of the function to its end
	faults  []string
}

func (w *walker) fault(n ast.Node, what string) {
	w.faults = append(w.faults, w.f.at(n)+": "+w.name+" "+what)
}

// lockFaults finds what breaks the rule in a file.
func lockFaults(f file, guarded map[string]bool) []string {
	var all []string
	for _, d := range f.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		w := walker{f: f, name: function.Name.Name, guarded: guarded, taken: map[string]bool{}}
		w.walk(function.Body, strings.HasSuffix(w.name, "Locked"))
		all = append(all, w.faults...)
	}
	return all
}

// walk looks at what a function does; held says that it holds the lock of a session.
func (w *walker) walk(body ast.Node, held bool) {
	constructs := strings.HasPrefix(w.name, "new") || strings.HasPrefix(w.name, "New")
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			return w.call(n, held)
		case *ast.SelectorExpr:
			if w.guarded[n.Sel.Name] && isSession(words(n.X)) && !held && !w.taken["s.mu"] &&
				!constructs {
				w.fault(n, "uses "+words(n)+" without the lock")
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && w.locked(held) {
				w.fault(n, "waits for a channel under a lock")
			}
		case *ast.SendStmt, *ast.SelectStmt:
			if w.locked(held) {
				w.fault(n, "waits for a channel under a lock")
			}
		}
		return true
	})
}

// call returns whether what is in the call is yet to be looked at.
func (w *walker) call(call *ast.CallExpr, held bool) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	x, name := words(s.X), s.Sel.Name
	isMutex := strings.HasSuffix(x, "mu")
	switch {
	case isMutex && name == "Lock":
		if isSession(strings.TrimSuffix(x, ".mu")) && w.name != "locked" {
			w.fault(call, "takes "+x+", which is for locked alone")
		}
		w.taken[x] = true
	case isMutex && name == "Unlock":
		if !w.taken[x] {
			w.fault(call, "gives "+x+" back, which it did not take")
		} else if !w.deferred(call) {
			delete(w.taken, x)
		}
	case strings.HasSuffix(name, "Locked") && !w.locked(held):
		w.fault(call, "calls "+name+" without the lock")
	case slices.Contains(forbidden, name) && w.locked(held):
		w.fault(call, "calls "+name+" under a lock")
	case slices.Contains(runners, name):
		for _, argument := range call.Args {
			if literal, ok := argument.(*ast.FuncLit); ok {
				w.walk(literal.Body, true)
			}
		}
		return false
	}
	return true
}

func (w *walker) locked(held bool) bool { return held || len(w.taken) > 0 }

// deferred reports whether the function gives the lock back at its end.
func (w *walker) deferred(call *ast.CallExpr) (is bool) {
	for _, d := range w.f.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if d, ok := n.(*ast.DeferStmt); ok && d.Call == call {
				is = true
			}
			return !is
		})
	}
	return is
}

// isSession reports whether that is how package session calls sessions.
func isSession(operand string) bool {
	return slices.Contains([]string{"s", "old", "other", "from", "d.s", "d.old"}, operand)
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

// guarded are the fields that a structure's lock guards: those that stand below it in the
// declaration.
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

func TestLocksOfSession(t *testing.T) {
	files := parse(t, "../../../session")
	fields := guarded(t, files, "Session")
	for _, f := range files {
		for _, v := range lockFaults(f, fields) {
			t.Error(v)
		}
	}
}

// The blocking engine has no way to a session's lock; what it guards by its own is a leaf.
func TestPipesHoldNoLocks(t *testing.T) {
	for _, f := range parse(t, "../../../pipe") {
		for _, v := range lockFaults(f, nil) {
			t.Error(v)
		}
	}
}

func TestLockFaultsAreSeen(t *testing.T) {
	f := parseSource(t, "session.go", `package session
type Session struct {
	id int
	mu sync.Mutex
	state, link, numbers, a, b int
}
func (s *Session) endLocked() { s.state = 1 }
func (s *Session) good() {
	s.do(func() {
		s.endLocked()
		s.link = s.id
	})
	s.link2 = s.id
	l.Shut()
}
func (s *Session) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}
func (s *Session) alsoLocked() { s.endLocked() }
func (s *Session) bad() { s.endLocked() }
func (s *Session) late() int {
	s.do(func() { s.state = 1 })
	return s.state
}
func (s *Session) giving() { s.mu.Unlock() }
func (s *Session) taking() { s.mu.Lock() }
func (s *Session) calling() { s.on(l, func() { l.Socket.Shut() }) }
func (s *Session) waitingLocked() { <-s.room }
func (t *Table) tableLocked() { t.mu.Lock() }
func (t *Table) waiting() {
	t.mu.Lock()
	t.mu.Unlock()
	<-t.c
	t.mu.Lock()
	t.c <- 1
	t.mu.Unlock()
}
`)
	got := lockFaults(f, guarded(t, []file{f}, "Session"))
	want := []string{
		"session.go:22: bad calls endLocked without the lock",
		"session.go:25: late uses s.state without the lock",
		"session.go:27: giving gives s.mu back, which it did not take",
		"session.go:28: taking takes s.mu, which is for locked alone",
		"session.go:29: calling calls Shut under a lock",
		"session.go:30: waitingLocked waits for a channel under a lock",
		"session.go:37: waiting waits for a channel under a lock",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
