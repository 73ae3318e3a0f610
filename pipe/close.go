package pipe

import (
	"io"
	"os"
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
	l.in.timeout = 0
	for since := time.Now(); ; {
		patience := p.session.AwaitsEnd(&l.Link, since)
		if patience == 0 {
			return errors.WithMessage(os.ErrDeadlineExceeded, "wait for the end after CLOSE")
		}
		_ = l.conn.SetReadDeadline(time.Now().Add(patience))
		b, err := l.in.next(1)
		switch {
		case err == nil:
			return protocol.Violation("garbage after CLOSE: %#02x", b[0])
		case err == io.EOF:
			return ErrPeerClosed
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return errors.WithMessage(err, "wait for the end after CLOSE")
		}
	}
}
