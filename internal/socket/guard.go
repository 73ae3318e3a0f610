package socket

import (
	"net"
	"time"

	"simplemessenger/session"
)

// guardedConn is a connection that is more than a socket: its code is the user's, from a dial
// function or a listener.
type guardedConn struct {
	net.Conn
	guard *session.Guard
}

// guardConn returns conn itself if it is a plain socket.
func guardConn(conn net.Conn, guard *session.Guard) net.Conn {
	if guard.PassOn || IsPlain(conn) {
		return conn
	}
	return &guardedConn{conn, guard}
}

func (c *guardedConn) Read(b []byte) (n int, err error) {
	defer c.guard.Recover("net.Conn.Read", nil, &err)
	return c.Conn.Read(b)
}

func (c *guardedConn) Write(b []byte) (n int, err error) {
	defer c.guard.Recover("net.Conn.Write", nil, &err)
	return c.Conn.Write(b)
}

func (c *guardedConn) Close() (err error) {
	defer c.guard.Recover("net.Conn.Close", nil, &err)
	return c.Conn.Close()
}

func (c *guardedConn) LocalAddr() (a net.Addr) {
	defer c.guard.Recover("net.Conn.LocalAddr", nil, nil)
	return c.Conn.LocalAddr()
}

func (c *guardedConn) RemoteAddr() (a net.Addr) {
	defer c.guard.Recover("net.Conn.RemoteAddr", nil, nil)
	return c.Conn.RemoteAddr()
}

func (c *guardedConn) SetDeadline(t time.Time) (err error) {
	defer c.guard.Recover("net.Conn.SetDeadline", nil, &err)
	return c.Conn.SetDeadline(t)
}

func (c *guardedConn) SetReadDeadline(t time.Time) (err error) {
	defer c.guard.Recover("net.Conn.SetReadDeadline", nil, &err)
	return c.Conn.SetReadDeadline(t)
}

func (c *guardedConn) SetWriteDeadline(t time.Time) (err error) {
	defer c.guard.Recover("net.Conn.SetWriteDeadline", nil, &err)
	return c.Conn.SetWriteDeadline(t)
}
