//go:build unix

package pipe

import (
	"io"
	"syscall"
	"time"
)

// readRaw waits until the socket is readable, and only then takes a buffer, unless it holds one
// with bytes in it.
func (b *receiveBuffer) readRaw() (int, error) {
	b.n, b.err = 0, nil
	if err := b.raw.Read(b.readable); err != nil {
		return 0, err
	}
	if b.err == nil && b.n == 0 {
		return 0, io.EOF
	}
	return b.n, b.err
}

// attempt reads what there is. The runtime calls it, and waits for readability when it returns
// false.
func (b *receiveBuffer) attempt(fd uintptr) bool {
	b.acquire()
	for {
		n, err := b.readNow(int(fd))
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			if b.w == 0 {
				b.release()
			}
			if b.waiting.IsZero() {
				b.waiting = time.Now()
			}
			return false
		}
		b.n, b.err = max(n, 0), nil
		if err != nil {
			b.err = err
		}
		return true
	}
}

// readNow reads once.
func (b *receiveBuffer) readNow(fd int) (int, error) {
	if b.direct == nil {
		return syscall.Read(fd, b.space())
	}
	b.r, b.w = 0, 0
	b.vector = [2][]byte{b.direct, b.space()}
	n, err := readv(fd, b.vector[:])
	b.vector = [2][]byte{}
	if n > len(b.direct) {
		n, b.w = len(b.direct), n-len(b.direct)
	}
	return n, err
}

// attempt writes what the socket takes. The runtime calls it, once, since it returns true always.
func (w *directWriter) attempt(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), w.p[w.n:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
		case err != nil:
			w.err = err
		default:
			w.n += n
		}
		return true
	}
}
