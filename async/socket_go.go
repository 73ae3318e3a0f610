package async

import (
	"net"
	"sync"
)

// goSocket makes a stream of any net.Conn, where the system has no epoll and for what is no socket
// of the system: TLS, memory. One goroutine reads, another one writes while there is something to
// be written; each posts when it is ready. That costs two stacks, a buffer and a copy in each
// direction.
type goSocket struct {
	conn  net.Conn
	owner owner
	post  func(func())

	mu      sync.Mutex // a leaf
	changed sync.Cond  // something was taken, or it was closed
	in      []byte     // read and not taken
	inErr   error
	out     []byte // is written, or will be; nil once it was
	written int    // of what write was last given, and has not said yet
	outErr  error
	closed  bool

	start func(func()) // runs beside the worker
}

const (
	goReadSize  = 16 << 10
	goWriteSize = 256 << 10 // what is written at once
)

// newGoSocket starts the goroutine that reads, by start.
func newGoSocket(conn net.Conn, o owner, post func(func()), start func(func())) *goSocket {
	s := &goSocket{conn: conn, owner: o, post: post, start: start}
	s.changed.L = &s.mu
	start(s.readAll)
	start(s.writeAll)
	return s
}

// readAll reads, and waits until that is taken, again and again.
func (s *goSocket) readAll() {
	buffer := make([]byte, goReadSize)
	for {
		n, err := s.conn.Read(buffer)
		if !s.offer(buffer[:n], err) {
			return
		}
	}
}

// offer waits until what was read is taken. It returns false when nothing more is to be read.
func (s *goSocket) offer(b []byte, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in, s.inErr = b, err
	s.post(s.owner.readable)
	for len(s.in) > 0 && !s.closed {
		s.changed.Wait()
	}
	return !s.closed && err == nil
}

func (s *goSocket) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.in) == 0 {
		if s.inErr != nil {
			return 0, s.inErr
		}
		return 0, errAgain
	}
	n := copy(b, s.in)
	s.in = s.in[n:]
	if len(s.in) == 0 {
		s.changed.Broadcast()
	}
	return n, nil
}

func (s *goSocket) readBoth(part, _ []byte) (int, error) { return s.read(part) }

// writeAll writes what there is to be written. The connection's code may be the user's, so it is
// called without the lock.
func (s *goSocket) writeAll() {
	for b := s.awaitOut(); b != nil; b = s.awaitOut() {
		_, err := s.conn.Write(b)
		s.wrote(err)
	}
}

// awaitOut returns what is to be written next; nil when there will be nothing more.
func (s *goSocket) awaitOut() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.out == nil && !s.closed {
		s.changed.Wait()
	}
	if s.closed {
		return nil
	}
	return s.out
}

func (s *goSocket) wrote(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written, s.out, s.outErr = len(s.out), nil, err
	s.post(s.owner.writable)
}

// write says how much was written of what it was given before, and begins with the rest: only what
// the connection has taken is written, as with a blocking one.
func (s *goSocket) write(pieces [][]byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outErr != nil {
		return 0, s.outErr
	}
	if n, s.written = s.written, 0; n > 0 || s.out != nil {
		return n, nil
	}
	for _, p := range pieces { // copied, as the owner may take them back when it gives us up
		m := min(len(p), goWriteSize-len(s.out))
		if s.out = append(s.out, p[:m]...); m < len(p) {
			break
		}
	}
	s.changed.Broadcast()
	return 0, nil
}

// writeNow is for sockets of the system: see session.Link.Direct.
func (s *goSocket) writeNow([]byte) (int, error) { return 0, nil }

// close closes the connection beside the worker: it may be the user's code.
func (s *goSocket) close() {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	s.start(func() { _ = s.conn.Close() })
}
