package grade

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// shieldedEnv makes this test program a grader whose student writes to what it prints to.
const shieldedEnv = "GRADE_TEST_SHIELDED"

// shieldedChild is that grader. It prints what came of it.
func shieldedChild() {
	how := os.Getenv(shieldedEnv)
	if how == "" {
		return
	}
	if how == "shielded" {
		Shield()
	}
	_, w, err := os.Pipe() // of this user's, as the output of a grader is
	if err != nil {
		panic(err)
	}
	err = exec.Command("sh", "-c", fmt.Sprintf("echo forged >/proc/$PPID/fd/%d", w.Fd())).Run()
	fmt.Println("forged:", err == nil)
	os.Exit(0)
}

// A student's program that is no root's cannot add a verdict to what the grader prints.
func TestShield(t *testing.T) {
	const nobody = 65534
	program := filepath.Join(t.TempDir(), "grade.test")
	copyProgram(t, program)
	for how, want := range map[string]string{"open": "forged: true\n",
		"shielded": "forged: false\n"} {
		cmd := exec.Command(program)
		cmd.Dir, cmd.Env = "/", []string{shieldedEnv + "=" + how, "PATH=" + os.Getenv("PATH")}
		if os.Geteuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody,
				Gid: nobody}}
		}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if how == "open" && string(out) != want {
			t.Skip("this system keeps processes from each other by itself")
		}
		if string(out) != want {
			t.Errorf("%s: %q", how, out)
		}
	}
}

// copyProgram puts this program where everybody may run it.
func copyProgram(t *testing.T, to string) {
	t.Helper()
	if err := os.Chmod(filepath.Dir(filepath.Dir(to)), 0o755); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, from); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
