//go:build unix

package realpeer

import (
	"os/exec"
	"syscall"
)

// interruptWhole makes cmd's end of context an interrupt to it and to all that it runs.
func interruptWhole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}
