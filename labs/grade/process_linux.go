package grade

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup has the program and all that it starts in a process group of their own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends them all.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// await waits for the program, and calls atEnd between its end and the moment at which its process
// id is given back: whoever kills the group there kills nobody else.
func await(cmd *exec.Cmd, atEnd func()) {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT,
		nil) == unix.EINTR {
	}
	atEnd()
	_ = cmd.Wait() // that it has ended is what counts
}

// Shield keeps the programs of students, which run as the same user, from the memory and the files
// that this process has open: nobody without the capability SYS_PTRACE may look at either, or write
// to what it prints to. It cannot be undone, and is for processes that do nothing but grade.
func Shield() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// used returns the bytes of memory that a process has, 0 if nobody knows.
func used(pid int) uint64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident uint64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}
