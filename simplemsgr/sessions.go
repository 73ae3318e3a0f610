package simplemsgr

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/session"
	"simplemessenger/wire"
)

// SessionLimits bounds the sessions that peers have opened. A session of a policy with Standby
// outlives its socket, for a peer that may never return, at some kilobytes each. Zero is no limit,
// as in the original. Sessions that this side has opened do not count.
//
// Where a limit is reached the session that has been idle longest is ended, with a reset event: of
// the same host or principal if it is their limit. Idle is one that stands by, or whose peer is
// called in vain. If none is idle the new one is not accepted.
type SessionLimits struct {
	// StandbyTimeout is how long a session with a client may be idle.
	StandbyTimeout time.Duration
	// PerHost limits those from one host, as its sockets show it; of IPv6 a host is a network of 64
	// bits. PerPrincipal limits those of one principal, the Name of its auth.Identity. Total limits
	// all together.
	PerHost, PerPrincipal, Total int
}

// sessions counts sessions, in groups that have a limit each. It implements session.Admission.
type sessions struct {
	m      *Messenger
	limits SessionLimits

	mu      sync.Mutex // a leaf
	seats   map[*Connection]*seat
	groups  map[groupKey]*group
	timer   *time.Timer // runs while a client is idle; nil otherwise
	closed  bool
	running sync.WaitGroup // the timer's function
}

// groupKey has one field set: sessions of a host, of a principal, of clients; or none, for all.
type groupKey struct {
	host      netip.Prefix
	principal string
	clients   bool
}

type group struct {
	count int
	idle  list.List // of *seat, which has been idle longest first
}

// seat is the place of a session in its groups.
type seat struct {
	connection *Connection
	since      time.Time // it is idle; zero if it is not
	places     []place
}

type place struct {
	key     groupKey
	element *list.Element // in the group's idle; nil if it is not
}

func newSessions(m *Messenger) *sessions {
	if m.config.Sessions == (SessionLimits{}) {
		return nil
	}
	return &sessions{m: m, limits: m.config.Sessions, seats: map[*Connection]*seat{},
		groups: map[groupKey]*group{}}
}

// hostOf returns what counts as one host.
func hostOf(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap()
	bits := ip.BitLen()
	if ip.Is6() && ip.IsGlobalUnicast() {
		bits = 64 // its owner chooses the rest at will
	}
	prefix, _ := ip.WithZone("").Prefix(bits)
	return prefix
}

func keysOf(host netip.Addr, principal string) []groupKey {
	keys := []groupKey{{}, {host: hostOf(host)}}
	if principal != "" {
		keys = append(keys, groupKey{principal: principal})
	}
	return keys
}

func (s *sessions) limit(key groupKey) int {
	switch {
	case key.clients:
		return 0
	case key.principal != "":
		return s.limits.PerPrincipal
	case key.host.IsValid():
		return s.limits.PerHost
	}
	return s.limits.Total
}

func (s *sessions) Admit(host netip.Addr, principal string) (*Connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keysOf(host, principal) {
		g, limit := s.groups[key], s.limit(key)
		if limit <= 0 || g == nil || g.count < limit {
			continue
		}
		if oldest := g.idle.Front(); oldest != nil {
			return oldest.Value.(*seat).connection, nil
		}
		return nil, errors.WithMessagef(session.ErrTooManySessions, "%d of %s", g.count, key)
	}
	return nil, nil
}

// String says whose limit it is.
func (k groupKey) String() string {
	switch {
	case k.principal != "":
		return k.principal
	case k.host.IsValid():
		return k.host.String()
	}
	return "all"
}

func (s *sessions) Enter(c *Connection, host netip.Addr, principal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := keysOf(host, principal)
	if c.PeerType() == wire.EntityClient {
		keys = append(keys, groupKey{clients: true})
	}
	t := &seat{connection: c}
	for _, key := range keys {
		g := s.groups[key]
		if g == nil {
			g = new(group)
			s.groups[key] = g
		}
		g.count++
		t.places = append(t.places, place{key: key})
	}
	s.seats[c] = t
}

func (s *sessions) Idle(c *Connection, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.seats[c]; t != nil && t.since.IsZero() == idle {
		s.move(t, idle)
	}
}

// move puts a seat at the end of those that are idle, or takes it out. Needs mu.
func (s *sessions) move(t *seat, idle bool) {
	t.since = time.Time{}
	if idle {
		t.since = time.Now()
	}
	for i := range t.places {
		p := &t.places[i]
		g := s.groups[p.key]
		if idle {
			p.element = g.idle.PushBack(t)
		} else {
			g.idle.Remove(p.element)
			p.element = nil
		}
	}
	s.arm()
}

func (s *sessions) Leave(c *Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.seats[c]
	if t == nil {
		return
	}
	if !t.since.IsZero() {
		s.move(t, false)
	}
	delete(s.seats, c)
	for _, p := range t.places {
		g := s.groups[p.key]
		if g.count--; g.count == 0 {
			delete(s.groups, p.key)
		}
	}
}

// oldestClient returns the client that has been idle longest, nil if none is. Needs mu.
func (s *sessions) oldestClient() *seat {
	if g := s.groups[groupKey{clients: true}]; g != nil && g.idle.Len() > 0 {
		return g.idle.Front().Value.(*seat)
	}
	return nil
}

// arm sees to it that the timer runs while a client is idle, and not otherwise. Needs mu.
func (s *sessions) arm() {
	oldest := s.oldestClient()
	switch {
	case s.limits.StandbyTimeout <= 0 || s.closed:
	case oldest == nil && s.timer != nil:
		s.timer.Stop()
		s.timer = nil
	case oldest != nil && s.timer == nil:
		s.timer = time.AfterFunc(time.Until(oldest.since.Add(s.limits.StandbyTimeout)), s.expire)
	}
}

// expire evicts the clients that have been idle for too long. The timer's function.
func (s *sessions) expire() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.running.Add(1)
	defer s.running.Done()
	s.timer = nil
	s.mu.Unlock()

	s.m.table.Evict(s, s.expired, "its peer has not come back")
}

// expired returns a client whose time is over, or sets the timer for the next one and returns nil.
func (s *sessions) expired() *Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.oldestClient(); t != nil && time.Since(t.since) >= s.limits.StandbyTimeout {
		return t.connection
	}
	s.arm()
	return nil
}

// stop ends the timer and waits for its function. Called without locks; on nil it does nothing.
func (s *sessions) stop() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.mu.Unlock()
	s.running.Wait()
}
