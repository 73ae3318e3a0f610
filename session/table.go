package session

import (
	"fmt"
	"slices"
	"sync"

	"simplemessenger/wire"
)

// Table is where the sessions of a messenger are registered: one for each peer, and those whose
// peer is not known yet. A peer is an address and, where peers prove who they are, a principal: so
// there may be several at an address. Its lock comes before every session's.
type Table struct {
	maxAccepting int

	mu        sync.Mutex
	sessions  map[wire.EntityAddr][]*Session // by address without its type, see key
	accepting map[*Session]struct{}
	closed    bool
}

// NewTable returns an empty table. It takes so many sessions whose peer is not known.
func NewTable(maxAccepting int) *Table {
	return &Table{maxAccepting: maxAccepting, sessions: map[wire.EntityAddr][]*Session{},
		accepting: map[*Session]struct{}{}}
}

// leftovers is what transitions have left to be done, made while the table was locked.
type leftovers []leftover

type leftover struct {
	session *Session
	later   *later
}

// locked runs a transition of s, and keeps what it leaves.
func (l *leftovers) locked(s *Session, transition func()) {
	if left, _ := s.locked(nil, transition); left != nil {
		*l = append(*l, leftover{s, left})
	}
}

func (l leftovers) run() {
	for _, left := range l {
		left.later.run(left.session)
	}
}

// key is the one form of an address, under which its sessions are registered.
func key(addr wire.EntityAddr) wire.EntityAddr { return addr.Untyped() }

// at returns the sessions registered for an address: one, or one for each principal that claims it.
// Some may have ended already. The slice is valid as long as the table is locked, and is not
// changed later.
func (t *Table) at(addr wire.EntityAddr) []*Session { return t.sessions[key(addr)] }

// registerLocked enters s under its peer's address. Accepted is the session of the socket by which
// the peer came.
func (t *Table) registerLocked(accepted, s *Session) {
	delete(t.accepting, accepted)
	addr := key(s.Peer().Addr)
	t.sessions[addr] = append(t.sessions[addr], s)
}

// removeLocked removes s, if it is registered.
func (t *Table) removeLocked(s *Session) {
	delete(t.accepting, s)
	addr := key(s.Peer().Addr)
	at := t.sessions[addr]
	i := slices.Index(at, s)
	switch {
	case i < 0:
	case len(at) == 1:
		delete(t.sessions, addr)
	default:
		t.sessions[addr] = slices.Delete(slices.Clone(at), i, i+1)
	}
}

func (t *Table) remove(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removeLocked(s)
}

// Close makes the table take nothing more. It returns false if it was closed already.
func (t *Table) Close() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.closed
	t.closed = true
	return !was
}

// Closed reports whether the table takes nothing more: the messenger shuts down.
func (t *Table) Closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// IfOpen runs f, and keeps the table from being closed meanwhile. If it is closed already it
// returns false.
func (t *Table) IfOpen(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		f()
	}
	return !t.closed
}

// Enter registers the session of an accepted socket, whose peer is not known yet. It fails with
// ErrClosed, and with a TooManyHandshakesError.
func (t *Table) Enter(s *Session) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return ErrClosed
	case len(t.accepting) >= t.maxAccepting:
		return TooManyHandshakesError(t.maxAccepting)
	}
	t.accepting[s] = struct{}{}
	return nil
}

// All returns every session, in no order.
func (t *Table) All() []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*Session, 0, len(t.sessions)+len(t.accepting))
	for _, at := range t.sessions {
		all = append(all, at...)
	}
	for s := range t.accepting {
		all = append(all, s)
	}
	return all
}

// At returns the sessions registered for an address, the one that is there longest first.
func (t *Table) At(addr wire.EntityAddr) []*Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.at(addr))
}

// TooManyHandshakesError: so many accepted sockets are in their handshake, the limit.
type TooManyHandshakesError int

func (e TooManyHandshakesError) Error() string {
	return fmt.Sprintf("%d handshakes under way, the limit", int(e))
}
