//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package child

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroupLocked kills the program alone: what it has started lives on. One that has ended is not
// found any more.
func (c *Child) killGroupLocked() { _ = c.cmd.Process.Kill() }

// lookAtEnd waits for the program. Package os sees to it that the kill hits nobody else.
func (c *Child) lookAtEnd() Status { return c.reap() }
