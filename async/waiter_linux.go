package async

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

// waiter waits for a poller's events, in one of two ways.
//
// In the system call itself: the quickest for a short wait. But if the Go scheduler has no other
// processor it takes that of a goroutine away which is in a call for some 20 us, starts a thread in
// its place, and goes on looking every 20 us: that costs more than the wait.
//
// By the runtime's own poller, which is told of ours as of any descriptor: that is two system calls
// more for each wait, and no thread more.
//
// Which one comes next follows from how long the last wait was. docs/async.md has the figures.
type waiter struct {
	long bool // the last wait was

	file     *os.File // the poller's descriptor, as the runtime knows it
	raw      syscall.RawConn
	try      func(uintptr) bool // asks, for raw.Read
	n        int                // what try was told
	err      error
	deadline time.Time // of file
}

// longWait is where waiting in the system call begins to cost more.
const longWait = 50 * time.Microsecond

func (w *waiter) init(p *poller) (err error) {
	w.file = os.NewFile(uintptr(p.fd), "epoll")
	if w.raw, err = w.file.SyscallConn(); err != nil {
		return errors.Wrap(err, "epoll")
	}
	w.try = func(uintptr) bool {
		w.n, w.err = p.ask(0)
		return w.n > 0 || w.err != nil
	}
	return nil
}

// wait returns how many events there are, once there are any, or when the time is over; negative
// for ever.
func (w *waiter) wait(p *poller, timeout time.Duration) (n int, err error) {
	if timeout == 0 {
		return p.ask(0)
	}
	began := time.Now()
	if w.long {
		n, err = w.byRuntime(p, timeout, began)
	} else {
		ms := -1
		if timeout > 0 { // rounded up, or it would spin
			ms = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
		}
		n, err = p.ask(ms)
	}
	w.long = time.Since(began) > longWait
	return n, err
}

func (w *waiter) byRuntime(p *poller, timeout time.Duration, now time.Time) (int, error) {
	at := time.Time{}
	if timeout > 0 {
		at = now.Add(timeout)
	}
	// A deadline costs more than to be woken by one that is a little early.
	if early := at.Sub(w.deadline); early < 0 || early > time.Millisecond || at.IsZero() {
		if at != w.deadline {
			if err := w.file.SetReadDeadline(at); err != nil {
				return 0, err
			}
			w.deadline = at
		}
	}
	w.n, w.err = 0, nil
	if err := w.raw.Read(w.try); err != nil {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		return p.ask(0)
	}
	return w.n, w.err
}

func (w *waiter) close() { _ = w.file.Close() }

// ask is epoll_wait. Where it does not wait the scheduler need not know of it.
func (p *poller) ask(ms int) (int, error) {
	if ms != 0 {
		return unix.EpollWait(p.fd, p.events[:], ms)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
