package async

import (
	"net"

	"github.com/pkg/errors"

	"simplemessenger/internal/socket"
)

var errNoPoller = errors.New("no epoll on this system")

// watch has the worker's poller watch a socket. Called by the worker's goroutine.
func (w *worker) watch(s socket.Socket, plain net.Conn, o owner) (stream, error) {
	if w.poller == nil {
		p, err := newPoller()
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.poller = p
		w.mu.Unlock()
	}
	return newFDSocket(s, plain, w.poller, o)
}
