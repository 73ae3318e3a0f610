package simplemsgr

import (
	"slices"

	"simplemessenger/wire"
)

// MarkDown ends the session with the peer of that address at once, and drops what is queued; each, if several principals claim the
// address. The user is told of a reset. To mark down by handle, without a reset event, use Connection.MarkDown.
func (m *Messenger) MarkDown(peer wire.EntityAddr) {
	m.registry.Lock()
	at := slices.Clone(m.registry.At(peer))
	m.registry.Unlock()
	for _, p := range at {
		p.Stop()
	}
}

// MarkDownAll ends all sessions, and all handshakes that are under way. The user is told of a reset for each session.
func (m *Messenger) MarkDownAll() {
	for _, p := range m.registry.all() {
		p.Stop()
	}
}
