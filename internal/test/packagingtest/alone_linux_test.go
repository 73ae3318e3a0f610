package packagingtest

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// runAlone runs a program where there is nothing but it: no shell, no library, no user database;
// and as nobody in particular. Without root it looks whether the program asks for a loader.
func runAlone(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	check(t, err)
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the program is not static")
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	image := t.TempDir()
	content, err := os.ReadFile(program)
	check(t, err)
	writeFile(t, filepath.Join(image, "usr/bin/simplemsgr"), content, 0o755)
	check(t, os.Chmod(image, 0o755))
	for args, want := range map[string]string{"--version": "simplemsgr " + testVersion + " ",
		"demo": "lost 0, duplicated 0, reordered 0"} {
		run := exec.Command("/usr/bin/simplemsgr", args)
		run.Env = []string{}
		run.Dir = "/"
		run.SysProcAttr = &syscall.SysProcAttr{Chroot: image,
			Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		out, err := run.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
}
