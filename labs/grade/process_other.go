//go:build !linux

package grade

import "os/exec"

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// used is not known here: a program that takes memory without end is stopped by the system.
func used(int) uint64 { return 0 }
