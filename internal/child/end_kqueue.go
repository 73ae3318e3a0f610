//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package child

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// endOf waits for the end of a process of ours, and leaves its id to it. It is an error if that was
// before anybody looked: nobody says then how it has ended.
func endOf(pid int) (syscall.WaitStatus, error) {
	queue, err := unix.Kqueue()
	if err != nil {
		return 0, err
	}
	defer unix.Close(queue)
	var change, event [1]unix.Kevent_t
	unix.SetKevent(&change[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change[0].Fflags = unix.NOTE_EXIT | noteStatus
	for {
		n, err := unix.Kevent(queue, change[:], event[:], nil)
		switch {
		case err == unix.EINTR || err == nil && n == 0:
			continue
		case err != nil:
			return 0, err
		case event[0].Flags&unix.EV_ERROR != 0:
			return 0, syscall.Errno(event[0].Data)
		}
		return syscall.WaitStatus(event[0].Data), nil
	}
}
