//go:build !unix

package conformance

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup ends the program alone: what it has started lives on.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
