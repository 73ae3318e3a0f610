package pipe

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/handshake"
	"simplemessenger/internal/socket"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// link is one socket of a pipe, from dial or accept to its end.
type link struct {
	session.Link

	// Constant once there is a socket.
	conn   socket.Socket
	in     receiveBuffer
	direct directWriter

	done chan struct{} // closed by Shut

	mu      sync.Mutex // a leaf; guards what follows
	shut    bool
	hangUp  context.CancelFunc // ends the dialing; nil if there is none
	current net.Conn           // conn, for Shut

	// Owned by the reader. Header and footer are those of the message being read: what is handed to
	// a Security would be allocated for each message otherwise.
	header      wire.MessageHeader
	footer      wire.Footer
	throttledAt time.Time // when a throttle last let us pass after a wait

	deadline time.Time // of the handshake; owned by who carries it out
}

// newLink returns a link without a socket: see use.
func newLink(p *Pipe, attempt int) *link {
	l := &link{Link: session.Link{Attempt: attempt, Events: p.events}, done: make(chan struct{})}
	l.Socket = l
	return l
}

// linkOf returns the pipe's side of a link, nil for nil.
func linkOf(l *session.Link) *link {
	if l == nil {
		return nil
	}
	return l.Socket.(*link)
}

// use takes an open socket. It returns false, and closes it, if the link was given up meanwhile.
func (l *link) use(p *Pipe, conn net.Conn) bool {
	l.conn = socket.Use(p.host, conn, p.id, l.Attempt)
	l.in.init(l.conn.Conn, l.conn.Raw, p.config.PrefetchMaxSize)
	l.direct.init(l.conn)
	l.Direct = l.conn.Raw != nil
	l.mu.Lock()
	shut := l.shut
	l.current, l.hangUp = l.conn, nil
	l.mu.Unlock()
	if shut {
		_ = l.conn.Close()
	}
	return !shut
}

// Shut implements session.Socket.
func (l *link) Shut() {
	l.mu.Lock()
	again := l.shut
	l.shut = true
	conn, hangUp := l.current, l.hangUp
	l.mu.Unlock()
	if again {
		return
	}
	close(l.done)
	if hangUp != nil {
		hangUp()
	}
	if conn != nil {
		_ = conn.Close()
	}
}

// WriteNow implements session.Socket.
func (l *link) WriteNow(b []byte) (int, error) { return l.direct.try(b) }

// beginHandshake bounds everything until endHandshake.
func (l *link) beginHandshake(timeout time.Duration) {
	l.in.timeout, l.deadline = 0, time.Now().Add(timeout)
	_ = l.conn.SetDeadline(l.deadline)
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
func (l *link) writeAll(pieces [][]byte) error {
	if len(pieces) > 1 && socket.IsPlain(l.conn.Conn) {
		buffers := net.Buffers(pieces)
		_, err := buffers.WriteTo(l.conn.Conn)
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
