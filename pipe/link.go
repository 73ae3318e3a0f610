package pipe

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/frame"
	"simplemessenger/internal/handshake"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// link is one socket of a pipe, from dial or accept to its end. A pipe has at most one; a goroutine that reports the
// fault of a link that is no longer its pipe's is late and has nothing to say.
type link struct {
	conn    net.Conn
	in      receiveBuffer
	direct  directWriter
	attempt int

	// Guarded by the pipe's lock.
	writing    bool        // a goroutine writes at this moment: nobody else may
	unfinished *writeBatch // what a direct write has left to the writer
	askedAt    time.Time   // when our latest connect message was about to be written; zero before, and on accepted sockets
	answered   bool        // the peer's answer opens the session
	openedAt   time.Time   // when the session was opened on it; zero before

	// As agreed in the handshake; constant afterwards.
	format frame.Format

	closing sync.Once
	done    chan struct{} // closed by shut

	// Owned by the reader. Header and footer are those of the message being read: what is handed to a Security would be
	// allocated for each message otherwise.
	header      wire.MessageHeader
	footer      wire.Footer
	connection  *Connection     // of the session
	ackOwed     bool            // messages were read since the writer was last asked to ack
	source      wire.EntityName // of the latest message
	disputed    bool            // and it is none that the peer's principal can have
	throttledAt time.Time       // when a throttle last let us pass after a wait
	// Of the policy; nil for no limit.
	throttleMessages, throttleBytes *throttle.Throttle
}

func newLink(conn net.Conn, host Host, pipe uint64, attempt int) *link {
	config := host.Config()
	l := &link{conn: config.Inject.wrap(guardConn(conn, host.Guard()), pipe, attempt), attempt: attempt, done: make(chan struct{})}
	l.in.init(l.conn, config.PrefetchMaxSize)
	l.direct.init(conn)
	if f, ok := l.conn.(*failingConn); ok {
		l.direct.strike = f.strike
	}
	return l
}

// isSocket reports whether a connection is nothing but a socket. What is wrapped around one may have all its methods, also those
// that net.Buffers looks for, but nothing may go past the wrapping.
func isSocket(conn net.Conn) bool {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	}
	return false
}

// rawConn returns the socket below a connection, nil if the connection is more than that.
func rawConn(conn net.Conn) syscall.RawConn {
	if !canUseRaw || !isSocket(conn) {
		return nil
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// shut closes the socket and wakes whoever waits on it.
func (l *link) shut() {
	l.closing.Do(func() {
		close(l.done)
		_ = l.conn.Close()
	})
}

// beginHandshake bounds everything until endHandshake.
func (l *link) beginHandshake(timeout time.Duration) {
	l.in.timeout = 0
	_ = l.conn.SetDeadline(time.Now().Add(timeout))
}

// endHandshake leaves it to the read timeout to notice a silent peer.
func (l *link) endHandshake(readTimeout time.Duration) {
	_ = l.conn.SetDeadline(time.Time{})
	l.in.timeout = readTimeout
}

func (l *link) write(b []byte) error {
	_, err := l.conn.Write(b)
	return err
}

// writeAll writes pieces one after the other, in one system call where that can be.
func (l *link) writeAll(pieces net.Buffers) error {
	if isSocket(l.conn) {
		_, err := pieces.WriteTo(l.conn)
		return err
	}
	for _, piece := range pieces {
		if err := l.write(piece); err != nil {
			return err
		}
	}
	return nil
}

// read fills b. A peer that closes the socket within b makes io.ErrUnexpectedEOF.
func (l *link) read(b []byte) error { return l.in.readFull(b, nil) }

// readBanner reads a banner and n addresses behind it.
func (l *link) readBanner(addrs []wire.EntityAddr) error {
	var banner [wire.BannerSize]byte
	if err := l.read(banner[:]); err != nil {
		return err
	}
	if err := handshake.DecodeBanner(banner[:]); err != nil {
		return err
	}
	var raw [wire.EntityAddrSize]byte
	for i := range addrs {
		if err := l.read(raw[:]); err != nil {
			return errors.WithMessage(midway(err), "address")
		}
		a, err := wire.DecodeEntityAddr(raw[:])
		if err != nil {
			return err
		}
		addrs[i] = a
	}
	return nil
}

// midway says that the peer ended in the middle of something.
func midway(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
