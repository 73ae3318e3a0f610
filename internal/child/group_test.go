//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package child

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func init() {
	roles["starts one that stays"] = func() { startAnother(false) }
	roles["starts one that leaves"] = func() { startAnother(true) }
	roles["starts one and waits"] = func() {
		startAnother(false)
		roles["waits"]()
	}
}

// startAnother starts a program that waits and holds all that this one holds, in a session of its
// own or not, and prints its id.
func startAnother(leaves bool) {
	another := exec.Command(os.Args[0])
	another.Env = []string{roleEnv + "=waits"}
	another.Stdout, another.Stderr = os.Stdout, os.Stderr
	another.ExtraFiles = []*os.File{os.NewFile(3, "")}
	another.SysProcAttr = &syscall.SysProcAttr{Setsid: leaves}
	if err := another.Start(); err != nil {
		panic(err)
	}
	fmt.Println(another.Process.Pid)
}

// held is a pipe whose one end the children have: the other one ends when the last of them does.
func held(t *testing.T, config *Config) (ends *os.File, given func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	config.Extra = []*os.File{w}
	return r, func() { w.Close() }
}

// alive reports whether a process is there, or at least its id still its own.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// A program that has ended in order may go on in the background, and keeps its id, so that the kill
// hits what it has started and nobody else.
func TestBackgroundLivesUntilStop(t *testing.T) {
	t.Parallel()
	config := config("starts one that stays")
	ends, given := held(t, &config)
	c := start(t, config)
	given()
	<-c.Ended()
	pid, err := strconv.Atoi(strings.TrimSpace(c.Output()))
	if err != nil || c.Status().Code != 0 {
		t.Fatal(c.Output(), c.Status())
	}
	if !alive(pid) || !alive(c.pid) {
		t.Error("what was started has ended, or the id of the program is anybody's")
	}
	if c.Stop() {
		t.Error("the program ran when it had ended")
	}
	if _, err := io.ReadAll(ends); err != nil { // returns when it has ended
		t.Error(err)
	}
	if alive(c.pid) {
		t.Error("the program was not waited for")
	}
}

func TestGroupEndsWithTheProgram(t *testing.T) {
	config := config("starts one and waits")
	ends, given := held(t, &config)
	c := start(t, config)
	given()
	for !strings.HasSuffix(c.Output(), "\n") { // until the other one runs
		time.Sleep(time.Millisecond)
	}
	if !c.Stop() {
		t.Error("it did not run")
	}
	if c.Status() != (Status{-1, "signal: killed"}) {
		t.Error(c.Status())
	}
	if _, err := io.ReadAll(ends); err != nil {
		t.Error(err)
	}
}

// What has left the group holds the output and lives on; nobody waits for it.
func TestWhoLeavesTheGroupHoldsUpNobody(t *testing.T) {
	t.Parallel()
	config := config("starts one that leaves")
	ends, given := held(t, &config)
	c := start(t, config)
	given()
	<-c.Ended()
	c.Stop()
	pid, err := strconv.Atoi(strings.TrimSpace(c.Output()))
	if err != nil {
		t.Fatal(c.Output())
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("it has not lived on: %v", err)
	}
	if _, err := io.ReadAll(ends); err != nil {
		t.Error(err)
	}
}

// An id that was given back may be anybody's: it is not killed, whatever happens to the child.
func TestKillAfterTheEndHitsNobody(t *testing.T) {
	stranger := exec.Command(os.Args[0])
	stranger.Env = []string{roleEnv + "=waits"}
	ownGroup(stranger)
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	config := config("tells")
	config.MaxMemory, config.MaxOutput = 1, 1<<20
	c := start(t, config)
	<-c.Ended()
	c.Stop()
	c.mu.Lock()
	c.pid = stranger.Process.Pid
	c.mu.Unlock()
	c.Stop()
	c.lookAtMemory()
	c.printed(make([]byte, 2<<20))
	// It has ended by this signal only if no other one came before.
	if err := syscall.Kill(stranger.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := stranger.Wait(); err == nil || err.Error() != "signal: terminated" {
		t.Errorf("the stranger: %v", err)
	}
}

// The end of a process that nobody can look at is waited for all the same, its group before it.
func TestEndThatCannotBeLookedAt(t *testing.T) {
	c := start(t, config("tells"))
	<-c.Ended()
	c.Stop()
	if _, err := endOf(c.pid); err == nil {
		t.Error("a process that is not there has ended")
	}
}
