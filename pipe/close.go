package pipe

import (
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// readClose reads what is left behind the peer's CLOSE, which should be nothing, until the peer
// closes the socket.
func (p *Pipe) readClose(l *link) error {
	if err := p.session.CloseReceived(&l.Link); err != nil {
		return err
	}
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
