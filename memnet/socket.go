package memnet

import (
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// socket is one end of a Conn, the net.Conn that programs use. It has a
// CloseWrite method and deliberately no SyscallConn.
type socket struct {
	conn    *Conn
	in, out *Stream
	local   *net.TCPAddr
	remote  *net.TCPAddr

	readable, writable          sync.Cond // where Read and Write wait; L is Network.mu
	readDeadline, writeDeadline deadline
	failRead, failWrite         *rand.Rand // random failures; made when first needed
	readRole, writeRole         role

	open    bool // the handshake got so far that this end exists
	writing bool // a Write is under way: the bytes of two never mix
	closed  bool // Close was called
	reset   bool // the connection broke, here or at the peer
	lost    bool // data was dropped unread by that
}

func (e *socket) init(c *Conn, local, remote *net.TCPAddr, read, write role) {
	e.conn, e.local, e.remote = c, local, remote
	e.readRole, e.writeRole = read, write
	e.readable.L, e.writable.L = &c.network.mu, &c.network.mu
	e.readDeadline.init(&e.readable)
	e.writeDeadline.init(&e.writable)
}

func (e *socket) LocalAddr() net.Addr  { return e.local }
func (e *socket) RemoteAddr() net.Addr { return e.remote }

func (e *socket) Read(p []byte) (int, error) {
	n := e.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.closed {
		return 0, e.opError("read", net.ErrClosed)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !e.readDeadline.expired {
		e.in.beginRead()
		if e.fails(&e.failRead, e.readRole) {
			e.breakOff()
		}
	}
	for {
		switch {
		case e.closed:
			return 0, e.opError("read", net.ErrClosed)
		case e.readDeadline.expired:
			return 0, e.opError("read", os.ErrDeadlineExceeded)
		case e.in.visible() > 0:
			return e.in.read(p), nil
		case e.in.ready.length > 0: // stalled
		case e.in.finArrived && !e.lost:
			return 0, io.EOF
		case e.reset:
			return 0, e.opError("read", syscall.ECONNRESET)
		}
		e.readable.Wait()
	}
}

func (e *socket) Write(p []byte) (int, error) {
	n := e.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	for e.writing && e.writeError() == nil {
		e.writable.Wait()
	}
	if err := e.writeError(); err != nil {
		return 0, e.opError("write", err)
	}
	if len(p) == 0 {
		return 0, nil
	}
	e.writing = true
	defer func() {
		e.writing = false
		e.writable.Broadcast()
	}()
	e.out.beginWrite()
	if e.fails(&e.failWrite, e.writeRole) {
		e.breakOff()
	}
	latency := e.out.latency()
	written := 0
	for written < len(p) {
		if err := e.writeError(); err != nil {
			return written, e.opError("write", err)
		}
		room := min(e.out.room(), len(p)-written)
		if room == 0 {
			e.writable.Wait()
			continue
		}
		e.out.push(p[written:written+room], latency)
		written += room
		e.out.reachedByte()
	}
	return written, nil
}

// writeError tells why nothing can be written, nil if it can.
func (e *socket) writeError() error {
	switch {
	case e.closed:
		return net.ErrClosed
	case e.writeDeadline.expired:
		return os.ErrDeadlineExceeded
	case e.reset && !e.in.finArrived:
		return syscall.ECONNRESET
	case e.reset, e.out.ended:
		return syscall.EPIPE
	}
	return nil
}

// CloseWrite sends a FIN. Reading goes on.
func (e *socket) CloseWrite() error {
	n := e.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case e.closed:
		return e.opError("close", net.ErrClosed)
	case e.reset:
		return e.opError("close", syscall.ENOTCONN)
	}
	e.out.end()
	return nil
}

// Close sends a FIN, or a RST if data has arrived that nobody read.
func (e *socket) Close() error {
	n := e.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.closed {
		return e.opError("close", net.ErrClosed)
	}
	e.close()
	return nil
}

func (e *socket) close() {
	e.closed = true
	e.readDeadline.clear(&e.conn.network.schedule)
	e.writeDeadline.clear(&e.conn.network.schedule)
	unread := e.in.ready.length > 0
	e.in.dropUnread()
	if !e.reset {
		if unread {
			e.out.tear(rst)
		} else {
			e.out.end()
		}
	}
	e.wake()
	e.conn.settle()
}

func (e *socket) SetDeadline(t time.Time) error {
	return e.setDeadlines(t, &e.readDeadline, &e.writeDeadline)
}

func (e *socket) SetReadDeadline(t time.Time) error {
	return e.setDeadlines(t, &e.readDeadline)
}

func (e *socket) SetWriteDeadline(t time.Time) error {
	return e.setDeadlines(t, &e.writeDeadline)
}

func (e *socket) setDeadlines(t time.Time, deadlines ...*deadline) error {
	n := e.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.closed {
		return e.opError("set", net.ErrClosed)
	}
	for _, d := range deadlines {
		d.set(&n.schedule, t)
	}
	return nil
}

// listens tells whether arriving data finds a reader.
func (e *socket) listens() bool { return !e.closed && !e.reset }

// gone tells whether nothing can happen at this end any more.
func (e *socket) gone() bool { return e.closed || e.reset }

// fails draws whether this I/O is one of those in Config.FailOneIn.
func (e *socket) fails(random **rand.Rand, r role) bool {
	n := e.conn.network
	if n.failOneIn <= 0 {
		return false
	}
	if *random == nil {
		*random = e.conn.identity.generator(n.config.Seed, r)
	}
	return (*random).IntN(n.failOneIn) == 0
}

// breakOff breaks the connection at this end: its reads and writes fail from now
// on, the peer's after it has read what was sent.
func (e *socket) breakOff() {
	if e.gone() {
		return
	}
	e.out.tear(cut)
	e.markReset(true)
	e.conn.settle()
}

// receiveReset is the arrival of a RST or cut.
func (e *socket) receiveReset(drop bool) {
	if e.reset {
		return
	}
	e.markReset(drop && e.in.ready.length > 0)
	e.conn.settle()
}

// markReset makes reads and writes fail; those of data that has arrived only if
// it is lost.
func (e *socket) markReset(lost bool) {
	e.reset = true
	if lost {
		e.lost = true
		e.in.dropUnread()
	}
	e.wake()
}

func (e *socket) wake() {
	e.readable.Broadcast()
	e.writable.Broadcast()
}

func (e *socket) opError(op string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, errno)
	}
	return &net.OpError{Op: op, Net: "tcp", Source: e.local, Addr: e.remote, Err: err}
}
