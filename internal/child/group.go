//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package child

import (
	"fmt"
	"os/exec"
	"syscall"
)

// ownGroup has the program and all that it starts in a process group of their own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroupLocked kills them all. The id is theirs: it is given back after the only kill.
func (c *Child) killGroupLocked() { _ = syscall.Kill(-c.pid, syscall.SIGKILL) }

// lookAtEnd waits for the end of the program, and leaves its id to it.
func (c *Child) lookAtEnd() Status {
	ended, err := endOf(c.pid)
	if err != nil { // it cannot be looked at: then the group goes before the id does
		c.kill()
		return c.reap()
	}
	if ended.Exited() {
		return Status{ended.ExitStatus(), fmt.Sprintf("exit status %d", ended.ExitStatus())}
	}
	text := "signal: " + ended.Signal().String()
	if ended.CoreDump() {
		text += " (core dumped)"
	}
	return Status{-1, text}
}
