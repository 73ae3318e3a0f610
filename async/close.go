package async

import (
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/session"
)

// readClose expects nothing behind the peer's CLOSE, until the peer closes the socket.
func (l *link) readClose() error {
	if err := l.c.session.CloseReceived(&l.Link); err != nil {
		return err
	}
	late := errors.WithMessage(errHandshakeTimeout, "wait for the end after CLOSE")
	fault := l.failed
	l.failed = func(err error, stage protocol.Stage) {
		switch {
		case err == io.EOF:
			err = session.ErrPeerClosed
		case !errors.Is(err, protocol.ErrProtocol) && err != late:
			err = errors.WithMessage(err, "wait for the end after CLOSE")
		}
		fault(err, stage)
	}
	l.awaitEnd(time.Now(), late)
	return l.awaitFirst(protocol.StageReadUntilEOF, 1, func(b []byte) error {
		return protocol.Violation("garbage after CLOSE: %#02x", b[0])
	})
}

// awaitEnd gives up waiting for the peer to close the socket when the session says so.
func (l *link) awaitEnd(since time.Time, late error) {
	patience := l.c.session.AwaitsEnd(&l.Link, since)
	if patience == 0 {
		l.fail(late)
		return
	}
	l.w.set(&l.deadline, time.Now().Add(patience), func() { l.awaitEnd(since, late) })
}
