package lab8

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"go.uber.org/goleak"

	"simplemessenger/conformance"
	"simplemessenger/labs/grade"
	"simplemessenger/labs/grade/gradetest"
	"simplemessenger/simplemsgr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reference serves with this library's messenger; its scenarios are those of the solution.
type reference struct {
	scenarios map[int]string
	stop      func()
}

func newReference(t *testing.T) *reference {
	t.Helper()
	text, err := os.ReadFile("_solution/scenarios.go")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{scenarios: map[int]string{}}
	for _, m := range regexp.MustCompile("(?s)\t([0-9]): `(.*?)`").FindAllStringSubmatch(
		string(text), -1) {
		n, _ := strconv.Atoi(m[1])
		r.scenarios[n] = m[2]
	}
	return r
}

func (r *reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	var n number
	if err := json.Unmarshal(args, &n); err != nil {
		return nil, err
	}
	switch op {
	case "scenario":
		return json.Marshal(r.scenarios[n.Bug])
	case "serve":
		address, stop, err := startLibrary(simplemsgr.StatefulServer())
		if err != nil {
			return nil, err
		}
		r.stop = stop
		return json.Marshal(address)
	case "requeue":
		var q requeueing
		if err := json.Unmarshal(args, &q); err != nil {
			return nil, err
		}
		return json.Marshal(requeued{Queue: slices.Concat(q.Sent, q.Queue)})
	case "stop":
		return json.RawMessage("null"), r.Close()
	}
	return nil, errors.Errorf("nothing answers %s", op)
}

func (r *reference) Close() error {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
	return nil
}

func section(name string) string {
	for _, s := range Lab.Steps {
		if s.Name == name {
			return s.Section
		}
	}
	return ""
}

func TestLab(t *testing.T) {
	const scenarios, fixes = "scenarios.go", "fixed.go"
	wrong := []gradetest.Wrong{
		{Name: "looks for nothing", File: scenarios,
			Old: "expect  reply tag=RETRY_SESSION connect_seq=2", New: "expect  reply",
			Step: "expose same connect_seq"},
		{Name: "expects the wrong number", File: scenarios,
			Old: "tag=RETRY_SESSION connect_seq=2", New: "tag=RETRY_SESSION connect_seq=1",
			Step: "expose same connect_seq"},
		{Name: "accuses the library", File: scenarios, Old: "tag=RESETSESSION",
			New: "tag=RESETSESSION features=lacks:MSG_AUTH", Step: "expose unknown session"},
		{Name: "writes no case", File: scenarios, Old: "case mine/restart", New: "mine/restart",
			Step: "expose restart"},
		{Name: "has them all", File: scenarios, Old: "open    in_seq=0", New: "open",
			Step: "expose order"},
		{Name: "one keepalive is enough", File: scenarios,
			Old: "send    keepalive2 sec=6\nexpect  keepalive2_ack sec=6\n", New: "",
			Step: "expose stamps"},
		{Name: "one less", File: fixes, Old: "connectSeq: e.connectSeq + 1",
			New: "connectSeq: e.connectSeq", Step: "fix same connect_seq"},
		{Name: "lets in who is unknown", File: fixes, Old: "answer{tag: tagReset}",
			New: "answer{tag: tagReady, connectSeq: 1}", Step: "fix unknown session"},
		{Name: "forgets what was acked", File: fixes,
			Old: "e.inSeq, e.ackedSeq, e.outSeq = 0, 0, 0",
			New: "e.inSeq, e.outSeq = 0, 0", Step: "fix restart"},
		{Name: "puts back behind", File: fixes, Old: "append(e.sent, e.queue...)",
			New: "append(e.queue, e.sent...)", Step: "fix order"},
		{Name: "keeps the last", File: fixes, Old: "e.queue[0].seq <= had",
			New: "e.queue[0].seq < had", Step: "fix duplicates"},
		{Name: "cuts a little later", File: fixes, Old: "little.PutUint64(b[:], seq)",
			New:  "little.PutUint64(b[:], seq&(1<<48-1))",
			Step: "fix wide numbers"},
		{Name: "panics", File: fixes, Old: "func fixedNumberOn(*session) {}",
			New:  "func fixedNumberOn(e *session) { e.queue[0].seq++ }",
			Step: "fix same connect_seq", Kind: "exit"},
		{Name: "only waits", File: scenarios, Old: "@a open global_seq=100\n@b dial\n" +
			"expect  greeting\nsend    greeting\n" +
			"send    connect connect_seq=1 global_seq=101\n" +
			"expect  reply tag=RETRY_SESSION connect_seq=2\n", New: "open\nwait    9s\n",
			Step: "expose same connect_seq"},
	}
	for i := range wrong {
		wrong[i].Section = section(wrong[i].Step)
	}
	gradetest.Check(t, Lab, func() grade.Subject { return newReference(t) }, wrong)
}

// Who fixes one after the other comes to just that step: the hidden cases of a bug do not fail by
// one that comes later.
func TestFixesInOrder(t *testing.T) {
	buggy := read(t, "_starter/fixed.go")
	right := read(t, "_solution/fixed.go")
	for fixed := range bugs {
		if testing.Short() && fixed > 1 {
			break
		}
		t.Run(fmt.Sprint(fixed), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "lab")
			if err := Lab.Start(dir); err != nil {
				t.Fatal(err)
			}
			text := "package main\n\n" + strings.Join(right[:fixed], "") +
				strings.Join(buggy[fixed:], "")
			path := filepath.Join(dir, "fixed.go")
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			fixes := Lab
			fixes.Steps = Lab.Steps[len(bugs):]
			v, err := fixes.Test(t.Context(), dir, 1)
			if want := "fix " + bugs[fixed].name; err != nil || v.Failed != want || v.Story == nil {
				t.Errorf("fails at %q, want %q: %v %+v %s", v.Failed, want, err, v.Story, v.Trouble)
			}
		})
	}
}

// read returns the functions of a file of fixes.
func read(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	functions := regexp.MustCompile(`(?m)^func (?:.*\}\n|(?s:.*?)^\}\n)`).FindAllString(string(b), -1)
	if len(functions) != len(bugs) {
		t.Fatalf("%s: %d functions: %q", name, len(functions), functions)
	}
	return functions
}

// Each hidden case is one of the kit, and no other case begins as it does.
func TestHiddenCases(t *testing.T) {
	for _, b := range bugs {
		o := conformance.Options{Run: b.hidden}
		if n := len(o.Select()); n != len(b.hidden) {
			t.Errorf("%s: %d cases, want %d", b.name, n, len(b.hidden))
		}
	}
}

// A server that goes on when it is closed, or with sockets that nobody reads, would hold up the
// grader.
func TestServerEnds(t *testing.T) {
	if err := withServer(0, func(target *conformance.Target) error {
		conn, err := net.Dial("tcp", target.Name)
		if err != nil {
			return err
		}
		t.Cleanup(func() { conn.Close() })
		report, err := run(t.Context(), target,
			conformance.Options{Run: []string{"message/answer"}})
		if err != nil {
			return err
		}
		if n := report.Count(conformance.Pass); n != 1 || len(report.Results) != 1 {
			t.Errorf("%d of %d cases pass: %s", n, len(report.Results), report.Results[0].Reason)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
