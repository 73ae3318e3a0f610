//go:build !linux

package async

import (
	"net"

	"simplemessenger/internal/socket"
)

func (w *worker) watch(socket.Socket, net.Conn, owner) (stream, error) { return nil, errNoPoller }
