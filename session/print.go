package session

import (
	"fmt"
	"log/slog"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// What people print shall be quick to read, safe while others work with it, and show no memory.

// String returns the connection's number, peer and state, as logs show them.
func (c *Connection) String() string {
	return fmt.Sprintf("connection %d with %v (%s)", c.id, c.peer(), c.state())
}

// LogValue implements slog.LogValuer.
func (c *Connection) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("connection", c.id), slog.String("peer", c.peer().String()),
		slog.String("state", c.state()))
}

func (c *Connection) peer() wire.EntityInst {
	return wire.EntityInst{Name: c.PeerName(), Addr: c.PeerAddr()}
}

func (c *Connection) state() string {
	if c.loopback != nil {
		return "loopback"
	}
	if state := c.session.State(); state != protocol.Closed {
		return state.String()
	}
	return "dead"
}

// LogValue implements slog.LogValuer.
func (m *Message) LogValue() slog.Value { return slog.StringValue(m.String()) }
