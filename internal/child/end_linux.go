package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The si_code of waitid(2).
const (
	exited = 1 // CLD_EXITED
	dumped = 3 // CLD_DUMPED
)

// endOf waits for the end of a process of ours, and leaves its id to it.
func endOf(pid int) (syscall.WaitStatus, error) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return 0, err
		}
	}
	// Behind signo, errno and code, as wide as a pointer is aligned, come pid, uid and status.
	const wide = unsafe.Sizeof(uintptr(0))
	const at = (3*4+wide-1)/wide*wide + 2*4
	status := *(*int32)(unsafe.Add(unsafe.Pointer(&info), at))
	switch info.Code {
	case exited:
		return syscall.WaitStatus(status&0xff) << 8, nil
	case dumped:
		return syscall.WaitStatus(status) | 0x80, nil
	}
	return syscall.WaitStatus(status), nil
}
