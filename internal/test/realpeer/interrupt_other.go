//go:build !unix

package realpeer

import (
	"os"
	"os/exec"
)

func interruptWhole(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
}
