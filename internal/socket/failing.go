package socket

import (
	"math/rand/v2"
	"net"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/session"
)

// failingConn closes itself in one of n reads and writes.
type failingConn struct {
	net.Conn
	n  int
	mu sync.Mutex
	r  *rand.Rand
}

// failing returns a socket that fails as asked for, or conn itself. It is the attempt-th of a pipe.
func failing(in *session.Inject, conn net.Conn, pipe uint64, attempt int) net.Conn {
	if in.SocketFailures <= 0 {
		return conn
	}
	return &failingConn{Conn: conn, n: in.SocketFailures, r: in.Random(pipe<<32 + uint64(attempt))}
}

func (c *failingConn) strike(what string) error {
	c.mu.Lock()
	hit := c.r.IntN(c.n) == 0
	c.mu.Unlock()
	if !hit {
		return nil
	}
	_ = c.Conn.Close()
	return errors.WithMessagef(session.ErrInjected, "ms_inject_socket_failures at a %s", what)
}

func (c *failingConn) Read(b []byte) (int, error) {
	if err := c.strike("read"); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *failingConn) Write(b []byte) (int, error) {
	if err := c.strike("write"); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
