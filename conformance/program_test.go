//go:build unix

package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/wire"
)

// instanceOf starts a client that is a script, and waits until it has ended.
func instanceOf(t *testing.T, p *ProgramTarget) *Instance {
	t.Helper()
	instance, err := p.Start(t.Context(), wire.EntityAddr{})
	if err != nil {
		t.Fatal(err)
	}
	<-instance.Ended
	return instance
}

// A program sees the environment and the folder that it is given, and else the kit's.
func TestProgramHasItsSurroundings(t *testing.T) {
	t.Setenv("SECRET", "secret")
	p := Program(RoleClient, "/bin/sh", "-c", `echo "$SECRET"; ls`)
	if got := instanceOf(t, p).Stop(); !strings.HasPrefix(got, "secret\n") ||
		!strings.Contains(got, "program_test.go") {
		t.Errorf("as the kit: %q", got)
	}
	p.Env, p.Dir = []string{"PATH=/bin:/usr/bin"}, t.TempDir()
	if got := instanceOf(t, p).Stop(); got != "\n" {
		t.Errorf("by itself: %q", got)
	}
}

// A program that exceeds a bound has crashed, and says for what it was killed.
func TestProgramHasBounds(t *testing.T) {
	p := Program(RoleClient, "/bin/sh", "-c", "while :; do echo here; done")
	p.MaxOutput = 1 << 10
	instance := instanceOf(t, p)
	defer instance.Stop()
	if got := instance.Crashed(); !strings.Contains(got, "has printed more than 1 KiB") {
		t.Errorf("%q", got)
	}
}

// A client that has ended in order may go on in the background, until it is stopped; one that has
// failed has crashed.
func TestProgramInTheBackground(t *testing.T) {
	dir := t.TempDir()
	p := Program(RoleClient, "/bin/sh", "-c",
		"mkfifo later; (echo later >later; exec sleep 1000) & echo now")
	p.Dir = dir
	instance := instanceOf(t, p)
	if got := instance.Crashed(); got != "" {
		t.Errorf("crashed: %q", got)
	}
	// It is still there to write that, and nobody hears it before.
	if b, err := os.ReadFile(filepath.Join(dir, "later")); string(b) != "later\n" {
		t.Errorf("%q, %v", b, err)
	}
	if got := instance.Stop(); got != "now\n" {
		t.Errorf("%q", got)
	}
	instance = instanceOf(t, Program(RoleClient, "/bin/sh", "-c", "echo why; exit 3"))
	defer instance.Stop()
	if got := instance.Crashed(); got != "exit status 3: why" {
		t.Errorf("%q", got)
	}
}
