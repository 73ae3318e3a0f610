package pipe

import (
	"net"
	"syscall"

	"simplemessenger/internal/frame"
	"simplemessenger/protocol"
)

// A direct write: what is sent while the last message at hand is dispatched is written where it is sent, if the writer sleeps, the
// message is small and the socket takes it at once. With one request in flight that saves the hop from reader to writer, which wakes
// another processor where there is one. Where more messages are at hand more will be sent, and the writer gathers.
//
// Whoever writes to a link holds its right to write: link.writing. Send never waits: what the socket does not take, and an error, is
// left to the writer.

// beginDirectWriteLocked takes the only queued message, m, and the right to write, if that may be done.
func (p *Pipe) beginDirectWriteLocked(m *Message) *writeBatch {
	l := p.link
	if !p.dispatchingLast || !p.writerWaits || p.state != protocol.Open || l == nil || l.writing || l.direct.raw == nil || p.session.out.queued != 1 ||
		m.PayloadLen() > frame.MaxCopiedPart || p.sentLimitReachedLocked() || p.session.outOfNumbers() || p.config.Interceptor != nil {
		return nil
	}
	b := takeWriteBatch()
	p.fillLocked(b)
	l.writing = true
	return b
}

// directWrite writes the batch as far as the socket takes it. Called without locks.
func (p *Pipe) directWrite(l *link, b *writeBatch) {
	p.appendControl(l, b)
	parts := b.messages[0].message.parts()
	n, err := 0, p.appendMessage(l, b, &b.messages[0], &parts) // it fits: the buffer was empty
	if err == nil {
		n, err = l.direct.try(b.bytes())
	}
	if err == nil && n == len(b.bytes()) {
		b.release()
		b = nil
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	l.writing = false
	if b != nil {
		b.written, b.err = n, err
		l.unfinished = b
	}
	if p.link == l && p.writableLocked() {
		p.wakeWriterLocked()
	}
}

// bytes returns the frames of a direct write, which has no large parts.
func (b *writeBatch) bytes() []byte {
	whole, _ := b.frames.Bytes()
	return whole
}

// finishDirectWrite writes what a direct write has left. Called by the writer without locks.
func (l *link) finishDirectWrite(b *writeBatch) error {
	if b.err != nil {
		return b.err
	}
	return l.write(b.bytes()[b.written:])
}

// directWriter writes to a socket without waiting for it.
type directWriter struct {
	raw    syscall.RawConn // nil if the connection is not a plain socket
	strike func(what string) error

	write func(fd uintptr) bool // attempt, as a value, so that it is not allocated for each write
	p     []byte
	n     int
	err   error
}

// init is given the connection as it came, whatever the link wraps it in.
func (w *directWriter) init(conn net.Conn) {
	if raw := rawConn(conn); raw != nil {
		w.raw, w.write = raw, w.attempt
	}
}

// try writes as much of p as the socket takes at once, perhaps nothing. Called by who has the right to write.
func (w *directWriter) try(p []byte) (int, error) {
	if w.strike != nil {
		if err := w.strike("write"); err != nil {
			return 0, err
		}
	}
	w.p, w.n, w.err = p, 0, nil
	err := w.raw.Write(w.write)
	w.p = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}
