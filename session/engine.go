package session

import "net"

// Engine carries the sessions of one messenger.
type Engine interface {
	// Accept begins the handshake on an accepted socket, which the engine owns from now on. It
	// fails with what Table.Enter fails with; then the socket is closed.
	Accept(conn net.Conn) error
	// Carry has a new session connected, and carries it as long as it lives, or until the peer's
	// own connection takes it over. Called with the table of sessions locked: it only begins.
	Carry(s *Session)
	// Stop is called when all sessions have ended and no more will come. What the engine has
	// started through Host.Go ends then, and Stop returns when nothing else that it has in hand for
	// the host is left.
	Stop()
}
