package pipe

import (
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// The orderly end. Whoever wants to leave empties its out queue and writes CLOSE; the other side delivers what came
// before it, empties its own queue, and answers CLOSE. Then both have all that the other had to say. The side that began
// closes its socket first, so that no reset overtakes the last bytes.

// closeOrderly begins the end from this side. It returns false if the session has gone to another pipe.
func (p *Pipe) closeOrderly(c *Connection) bool {
	p.mu.Lock()
	if p.session == nil {
		p.mu.Unlock()
		return false
	}
	if p.state != protocol.Open {
		p.mu.Unlock()
		return p.markDown(c)
	}
	p.closeQueued = true
	p.setStateLocked(protocol.Closing)
	p.wakeWriterLocked()
	p.mu.Unlock()
	return true
}

// endsOrderlyLocked reports whether the end has begun with CLOSE, from either side. What was received is dispatched then, also after
// the reset event; on any other way out it is dropped.
func (p *Pipe) endsOrderlyLocked() bool { return p.closeQueued || p.closeCame }

// readClose reads what is left behind the peer's CLOSE, which should be nothing, until the peer closes the socket.
func (p *Pipe) readClose(l *link) error {
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		return ErrReplaced
	}
	p.events.closeReceived()
	p.closeCame = true
	p.setStateLocked(protocol.Closing)
	if p.closeSent {
		p.mu.Unlock()
		return ErrPeerClosed
	}
	p.wakeWriterLocked() // to answer
	p.mu.Unlock()
	if err := p.enter(&p.readerStage, protocol.StageReadUntilEOF, l, 0); err != nil {
		return err
	}
	return l.readUntilEOF(p.config.HandshakeTimeout)
}

// readUntilEOF waits for the peer to close the socket.
func (l *link) readUntilEOF(timeout time.Duration) error {
	l.in.timeout = 0
	_ = l.conn.SetReadDeadline(time.Now().Add(timeout))
	b, err := l.in.next(1)
	switch {
	case err == nil:
		return protocol.Violation("garbage after CLOSE: %#02x", b[0])
	case err == io.EOF:
		return ErrPeerClosed
	}
	return errors.WithMessage(err, "wait for the end after CLOSE")
}
