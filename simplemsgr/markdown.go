package simplemsgr

import (
	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// MarkDown ends the session with the peer of that address at once, and drops what is queued; each,
// if several principals claim the address. The user is told of a reset. To mark down by handle,
// without a reset event, use Connection.MarkDown.
func (m *Messenger) MarkDown(peer wire.EntityAddr) {
	for _, s := range m.table.At(peer) {
		s.Stop()
	}
}

// MarkDownAll ends all sessions, and all handshakes that are under way. The user is told of a reset
// for each session.
func (m *Messenger) MarkDownAll() { m.markDownAll() }

// markDownAll returns what it has dropped.
func (m *Messenger) markDownAll() (dropped DroppedError) {
	for _, s := range m.table.All() {
		s.Stop()
		if c := s.Connection(); c != nil {
			dropped.add(stoppedBy(c))
		}
	}
	return dropped
}

// stoppedBy returns how the connection ended, if the messenger has ended it.
func stoppedBy(c *Connection) error {
	var loss *session.LossError
	if errors.As(c.Err(), &loss) && loss.Exit == protocol.ExitStop {
		return loss
	}
	return nil
}
