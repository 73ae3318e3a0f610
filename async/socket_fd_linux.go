package async

import (
	"io"
	"os"
	"sync"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"

	"simplemessenger/internal/socket"
)

// fdSocket is a socket of the system, which the worker's poller watches. It has a descriptor of its
// own: the runtime, which would watch the connection's too, has nothing more to do with it.
type fdSocket struct {
	poller *poller
	owner  owner
	id     uint64 // of the registration
	strike func(what string) error
	// What a read has left is nothing, if it got less than it had asked for: another one would only
	// say so. A new event tells of more, and of the end, unless that was told with what was read.
	drained, ending bool
	both            [2][]byte // for readv

	// a leaf; held over a call that does not wait: nobody uses a descriptor that is closed
	mu sync.Mutex
	fd int // -1 once closed
}

// newFDSocket takes a plain connection over, and closes it.
func newFDSocket(s socket.Socket, plain io.Closer, p *poller, o owner) (*fdSocket, error) {
	f := &fdSocket{poller: p, owner: o, strike: s.Strike, fd: -1}
	var err error
	if control := s.Raw.Control(func(fd uintptr) {
		f.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		neverWaits(int(fd))
	}); control != nil {
		err = control
	}
	if err != nil {
		return nil, errors.Wrap(err, "duplicate the descriptor")
	}
	if err := p.add(f); err != nil {
		_ = unix.Close(f.fd)
		return nil, err
	}
	_ = plain.Close()
	return f, nil
}

// neverWaits undoes what a user may have made of a socket: neither its use nor its end may hold up
// the worker. Taking the file of a connection leaves it waiting; to linger is to wait at the end.
func neverWaits(fd int) {
	_ = unix.SetNonblock(fd, true)
	if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err == nil &&
		l.Onoff != 0 && l.Linger > 0 {
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, new(unix.Linger))
	}
}

func (f *fdSocket) read(b []byte) (int, error) { return f.readBoth(b, nil) }

func (f *fdSocket) readBoth(b, behind []byte) (n int, err error) {
	if err := f.struck("read"); err != nil {
		return 0, err
	}
	if f.drained {
		return 0, errAgain
	}
	for {
		if len(behind) == 0 {
			n, err = unix.Read(f.fd, b)
		} else {
			f.both = [2][]byte{b, behind}
			n, err = unix.Readv(f.fd, f.both[:])
			f.both = [2][]byte{}
		}
		f.drained = n < len(b)+len(behind) && !f.ending
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, errAgain
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// maxPieces is how many pieces one call takes: IOV_MAX.
const maxPieces = 1024

func (f *fdSocket) write(pieces [][]byte) (int, error) {
	if err := f.struck("write"); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd < 0 {
		return 0, unix.EBADF
	}
	for {
		var n int
		var err error
		if len(pieces) == 1 {
			n, err = unix.Write(f.fd, pieces[0])
		} else {
			n, err = unix.Writev(f.fd, pieces[:min(len(pieces), maxPieces)])
		}
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return 0, nil
		case err != nil:
			return 0, os.NewSyscallError("write", err)
		default:
			return n, nil
		}
	}
}

func (f *fdSocket) writeNow(b []byte) (int, error) { return f.write([][]byte{b}) }

func (f *fdSocket) struck(what string) error {
	if f.strike == nil {
		return nil
	}
	return f.strike(what)
}

func (f *fdSocket) close() {
	f.poller.remove(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd >= 0 {
		_ = unix.Close(f.fd)
		f.fd = -1
	}
}
