package socket

import (
	"net"
	"syscall"

	"simplemessenger/session"
)

// Socket is a connection as an engine uses it.
type Socket struct {
	net.Conn
	// Raw is the socket of the system, nil if the connection is more than that, or if this system's
	// sockets cannot be used by calls that do not wait.
	Raw syscall.RawConn
	// Strike is asked before each use of Raw; nil if no faults are injected.
	Strike func(what string) error
}

// Use returns conn, of which the link is the attempt-th of a carrier, as it is to be used.
func Use(host session.Host, conn net.Conn, carrier uint64, attempt int) Socket {
	s := Socket{Conn: failing(&host.Config().Inject, guardConn(conn, host.Guard()), carrier,
		attempt)}
	s.Raw = rawConn(conn)
	if f, ok := s.Conn.(*failingConn); ok {
		s.Strike = f.strike
	}
	return s
}

// IsPlain reports whether a connection is nothing but a socket. What is wrapped around one may have
// all its methods, also those that net.Buffers looks for, but nothing may go past the wrapping.
func IsPlain(conn net.Conn) bool {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	}
	return false
}

func rawConn(conn net.Conn) syscall.RawConn {
	if !canUseRaw || !IsPlain(conn) {
		return nil
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
