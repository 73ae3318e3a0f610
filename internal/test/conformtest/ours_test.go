package conformtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"simplemessenger/conformance"
	"simplemessenger/conformance/report"
)

// built is the folder of the command, once somebody has asked for that.
var built string

// command builds the command once, and returns its path.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "conform")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "simplemsgr")
	build := exec.Command("go", "build", "-o", path,
		"simplemessenger/cmd/simplemsgr")
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return path, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if *writeMatrix {
		if err := writePage(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// our is one way to run our command as a target.
type our struct {
	name string
	role conformance.Role
	args []string
}

// ours are all policies, in the roles that they have.
func ours(engine string) []our {
	serve := func(args ...string) []string {
		return append([]string{"serve", "--engine", engine}, args...)
	}
	call := func(policy string) []string {
		return serve("--bind", "nowhere", "--policy", policy, "--call", "{kit}",
			"--call-interval", "50ms")
	}
	return []our{
		{"stateless-server", conformance.RoleServer, serve("--bind", "{listen}")},
		{"stateful-server", conformance.RoleServer,
			serve("--bind", "{listen}", "--policy", "stateful-server")},
		{"lossless-peer", conformance.RoleServer,
			serve("--bind", "{listen}", "--policy", "lossless-peer")},
		{"lossy-client", conformance.RoleClient, call("lossy-client")},
		{"lossless-client", conformance.RoleClient, call("lossless-client")},
		{"lossless-peer", conformance.RolePeer, serve("--bind", "{listen}", "--policy",
			"lossless-peer", "--call", "{kit}", "--call-interval", "50ms")},
	}
}

// TestOurs: both engines pass every case that their policy can show.
func TestOurs(t *testing.T) {
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"simple", "async"} {
		for _, o := range ours(engine) {
			name := fmt.Sprintf("%s/%s/%s", engine, o.role, o.name)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				target := conformance.Program(o.role, append([]string{path}, o.args...)...)
				defer target.Close()
				check(t, name, &target.Target, o.role)
			})
		}
	}
}

// check runs all cases of a role, and fails for each that fails or does not get anywhere.
func check(t *testing.T, name string, target *conformance.Target, role conformance.Role) {
	t.Helper()
	done, err := conformance.Check(t.Context(), target, conformance.Options{Role: role})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range done.Results {
		if r.Verdict == conformance.Fail || r.Verdict == conformance.Inconclusive {
			t.Errorf("%s: %s", r.Case.Name, r.Verdict)
			text := report.Text{W: t.Output(), Verbose: true}
			text.Result(r)
		}
	}
	record("ours, "+name, done, new(tested))
	t.Logf("CONFORM: %-36s %s, %d non-strict, %.1f s", name, report.Counts(done),
		done.Count(conformance.NonStrict), done.Took.Seconds())
}
