package pipe

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"simplemessenger/internal/socket"
	"simplemessenger/wire"
)

// receiveBuffer reads ahead, so that small frames do not cost a system call each, and reads large
// parts straight into their place. While nothing arrives it holds no memory, if the socket can be
// waited for without a buffer. Used by one goroutine.
type receiveBuffer struct {
	conn net.Conn
	raw  syscall.RawConn // nil if the connection is not a plain socket
	size int

	// ahead is how much to read at once, at most size.
	ahead  int
	buf    []byte // nil while idle
	pooled *[]byte
	r, w   int // buf[r:w] is read ahead

	timeout  time.Duration // of silence; 0 leaves the deadline to the caller
	armed    bool          // a deadline is set
	waiting  time.Time     // since when we wait; zero if we do not
	filledAt time.Time     // when bytes came last

	readable func(fd uintptr) bool // attempt, as a value, so that it is not allocated for each read
	// where it is to read to, before the buffer; nil for the buffer alone
	direct []byte
	vector [2][]byte // both, here for the same reason
	n      int       // what it found
	err    error
}

// Buffers of the default size are shared: at any moment only the pipes with bytes on the way hold
// one.
var receiveBuffers = sync.Pool{New: func() any { b := make([]byte, defaultPrefetch); return &b }}

const (
	defaultPrefetch = 64 << 10
	maxDirectRead   = 256 << 10
)

func (b *receiveBuffer) init(conn net.Conn, raw syscall.RawConn, size int) {
	b.conn, b.size, b.ahead = conn, size, size
	if raw != nil && socket.IsPlain(conn) { // else there are faults to be injected
		b.raw, b.readable = raw, b.attempt
	}
}

func (b *receiveBuffer) buffered() int { return b.w - b.r }

// next returns the next n bytes, at most the size of the buffer, without copying; they are valid
// until the next read. It returns io.EOF only if the stream ended before the first of them.
func (b *receiveBuffer) next(n int) ([]byte, error) {
	for b.buffered() < n {
		had := b.buffered()
		if err := b.fill(); err != nil {
			if err == io.EOF && had > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	p := b.buf[b.r : b.r+n]
	b.r += n
	return p, nil
}

// readFull fills p. It returns io.EOF only if the stream ended before p's first byte. If crc is not
// nil the checksum in it is continued over p, piece by piece as the pieces arrive, while they are
// still in the processor's cache.
func (b *receiveBuffer) readFull(p []byte, crc *uint32) error {
	for n := 0; n < len(p); {
		m := copy(p[n:], b.buf[b.r:b.w])
		b.r += m
		if m == 0 {
			var err error
			// What is large goes straight to its place; what is small, or the end of what is large,
			// is read ahead.
			if len(p)-n >= min(b.ahead, b.size/2) {
				m, err = b.wait(p[n:min(len(p), n+maxDirectRead)])
			} else {
				err = b.fill()
			}
			if err == io.EOF && n > 0 {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
		}
		if crc != nil {
			*crc = wire.CRC(*crc, p[n:n+m])
		}
		n += m
	}
	return nil
}

// fill reads at least one more byte into the buffer.
func (b *receiveBuffer) fill() error {
	b.w = copy(b.buf, b.buf[b.r:b.w])
	b.r = 0
	n, err := b.wait(nil)
	b.w += n
	return err
}

// wait reads at least one byte into p, or into the buffer if p is nil. What comes behind p, which
// is read while the buffer is empty, may go into the buffer in the same system call. It fails with
// ErrTimeout if, and only if, nothing comes for the timeout. The deadline is moved only after it
// has passed, since moving it for each read costs more than the read.
func (b *receiveBuffer) wait(p []byte) (int, error) {
	// A wait for a raw socket begins when there is nothing to read: attempt sets the time.
	b.waiting = time.Time{}
	if b.raw == nil {
		b.waiting = time.Now()
	}
	if b.timeout > 0 && !b.armed {
		b.armed = true
		_ = b.conn.SetReadDeadline(time.Now().Add(b.timeout))
	}
	for {
		var n int
		var err error
		switch {
		case b.raw != nil:
			b.direct = p
			n, err = b.readRaw()
			b.direct = nil
		case p != nil:
			n, err = b.conn.Read(p)
		default:
			b.acquire()
			n, err = b.conn.Read(b.space())
		}
		if n > 0 {
			b.filledAt = time.Now()
			return n, nil
		}
		if err == nil {
			return 0, io.ErrNoProgress
		}
		if b.timeout <= 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		now := time.Now()
		if b.waiting.IsZero() {
			b.waiting = now
		}
		if now.Sub(b.waiting) >= b.timeout {
			return 0, ErrTimeout
		}
		// The deadline was set for an earlier wait.
		_ = b.conn.SetReadDeadline(b.waiting.Add(b.timeout))
	}
}

// space returns where to read to.
func (b *receiveBuffer) space() []byte { return b.buf[b.w:min(len(b.buf), b.w+b.ahead)] }

func (b *receiveBuffer) acquire() {
	if b.buf != nil {
		return
	}
	if b.size == defaultPrefetch {
		b.pooled = receiveBuffers.Get().(*[]byte)
		b.buf = *b.pooled
	} else {
		b.buf = make([]byte, b.size)
	}
}

// release gives the empty buffer back.
func (b *receiveBuffer) release() {
	if b.pooled != nil {
		receiveBuffers.Put(b.pooled)
		b.pooled = nil
	}
	b.buf, b.r, b.w = nil, 0, 0
}
