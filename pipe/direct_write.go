package pipe

import (
	"syscall"

	"simplemessenger/internal/socket"
)

// directWriter writes to a socket without waiting for it: what is sent while a message is
// dispatched is written where it is sent, see session.Link.
type directWriter struct {
	raw    syscall.RawConn // nil if the connection is not a plain socket
	strike func(what string) error

	write func(fd uintptr) bool // attempt, as a value, so that it is not allocated for each write
	p     []byte
	n     int
	err   error
}

// init is given the connection as it came, whatever the link wraps it in.
func (w *directWriter) init(s socket.Socket) {
	w.raw, w.strike = s.Raw, s.Strike
	if w.raw != nil {
		w.write = w.attempt
	}
}

// try writes as much of p as the socket takes at once, perhaps nothing. Called by who has the right
// to write.
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
