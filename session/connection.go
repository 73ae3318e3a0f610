package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"simplemessenger/auth"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Connection is the user's handle on the conversation with one peer. It outlives sockets: as long
// as the session lives, the same peer has the same Connection. Once the session is lost for good —
// a lossy connection faulted, or it was marked down — the Connection is dead and stays so; ask the
// messenger for a new one.
//
// All methods may be called by many goroutines at once, also from within dispatchers.
type Connection struct {
	host     Host
	session  *Session // nil for the loopback connection
	id       uint64
	incoming bool
	loopback func(*Message) error // delivers to oneself; nil for connections to others

	// With the reading of the monotonic clock: a step of the wall clock makes no peer look dead,
	// and no dead one alive.
	lastKeepalive, lastKeepaliveAck atomic.Pointer[time.Time]

	undispatched atomic.Int64 // messages in the dispatch queue, which counts them

	anyNonce atomic.Bool // the peer may announce another nonce than the one that it is called by

	mu       sync.Mutex // a leaf; guards what follows
	peerName wire.EntityName
	peerAddr wire.EntityAddr
	features wire.Features
	identity auth.Identity
	priv     any
	lastErr  error
	faults   int           // so many times lastErr was set
	loss     *LossError    // once it is dead
	dead     chan struct{} // closed then; nil if nobody has asked
	// ends then; nil if nobody has asked
	context context.Context
	cancel  context.CancelCauseFunc
}

func newConnection(s *Session, id uint64, peer wire.EntityInst, incoming bool) *Connection {
	s.handle.Store(id)
	return &Connection{host: s.host, session: s, id: id, peerName: peer.Name, peerAddr: peer.Addr,
		incoming: incoming}
}

// NewLoopback returns the connection of a messenger to itself. Messages go to deliver.
func NewLoopback(host Host, id uint64, deliver func(*Message) error) *Connection {
	return &Connection{host: host, id: id, peerName: host.Name(), peerAddr: host.Addr(),
		loopback: deliver}
}

// Send queues m for the peer and returns; it never waits for the peer. Messages of one priority
// arrive in the order of the Sends that carried them. It returns ErrClosed, and drops the message,
// if the connection is dead, ErrQueueFull if Config.QueueLimitBytes is reached, and ErrPartTooLarge
// or ErrNilMessage for what cannot be sent. See Message for who owns m's parts.
func (c *Connection) Send(m *Message) error {
	if err := m.check(); err != nil {
		return err
	}
	if c.loopback != nil {
		return c.loopback(m)
	}
	return c.session.send(m, nil)
}

// Undispatched counts the messages of the connection that wait for their dispatch. The dispatch
// queue keeps it.
func Undispatched(c *Connection) *atomic.Int64 { return &c.undispatched }

// SendKeepalive asks the peer for a sign of life; see LastKeepaliveAck. It connects if there is no
// socket.
func (c *Connection) SendKeepalive() error {
	if c.loopback != nil {
		return nil
	}
	return c.session.sendKeepalive()
}

// MarkDown ends the session at once, without a word to the peer, and drops what is queued. No reset
// event is told, since the caller knows. Messages that were received before are still dispatched.
func (c *Connection) MarkDown() {
	if c.session != nil {
		c.session.markDown()
	}
}

// MarkDisposable makes the session lossy from now on: its next fault ends it.
func (c *Connection) MarkDisposable() {
	if c.session != nil {
		c.session.markDisposable()
	}
}

// Close begins an orderly end: what is queued is written, then CLOSE; what the peer sent until its
// own CLOSE is still delivered. It returns at once; Send fails with ErrClosed from then on, and a
// reset event, and Done, tell when it is over; messages that wait for their dispatch at that moment
// come after it. If something is queued and there is no open socket it is put off until there is
// one. It lasts no longer than Config.CloseTimeout. What was dropped is told by Err: to lose
// nothing to a socket that breaks meanwhile, and to wait, use CloseGracefully.
//
// Beware: a monitor or osd of Ceph 14.2 answers CLOSE and then aborts. Use Flush and MarkDown
// towards those.
func (c *Connection) Close() {
	if c.session != nil {
		c.session.closeOrderly(false)
	}
}

// IsConnected reports whether the session is open on a socket at this moment.
func (c *Connection) IsConnected() bool {
	return c.State() == protocol.Open
}

// IsAlive reports whether the connection is not dead: a Send would be queued.
func (c *Connection) IsAlive() bool {
	if c.loopback != nil {
		return c.Err() == nil
	}
	return !c.session.ended.Load()
}

// IsLoopback reports whether the connection leads to its own messenger.
func (c *Connection) IsLoopback() bool { return c.loopback != nil }

// ID returns a number that is unique within the messenger.
func (c *Connection) ID() uint64 { return c.id }

// PeerName returns the peer's entity name, as the peer itself says: the source of its latest
// message, before the first one the name by which it was called, or the type as which it came with
// the number wire.NumUnknown. A name that contradicts the peer's principal is not taken; with a
// principal that tells the number it is known at once. What is proved of the peer is Identity.
func (c *Connection) PeerName() wire.EntityName {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peerName
}

// PeerType returns the peer's entity type.
func (c *Connection) PeerType() wire.EntityType { return c.PeerName().Type }

// PeerAddr returns the address under which the peer is registered.
func (c *Connection) PeerAddr() wire.EntityAddr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peerAddr
}

// Features returns what both sides offered when the session was last opened; 0 before.
func (c *Connection) Features() wire.Features {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.features
}

// Identity returns what the peer proved of itself when it last connected to us; zero without
// authentication, and as long as only we have connected: that proves no more than the peer's type.
func (c *Connection) Identity() auth.Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.identity
}

// LastError returns why the latest socket of the connection, or the latest attempt to get one, was
// given up; nil if that never happened. It stays when the next attempt succeeds: see IsConnected.
// For a dead connection it is the reason, unless its own user ended it.
func (c *Connection) LastError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastErr
}

func (c *Connection) setLastError(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastErr = err
	c.faults++
}

// AnyNonce reports whether AllowAnyNonce was called.
func (c *Connection) AnyNonce() bool { return c.anyNonce.Load() }

// AllowAnyNonce lets whoever listens at the peer's host and port answer, whatever its nonce.
func (c *Connection) AllowAnyNonce() { c.anyNonce.Store(true) }

// SetPriv attaches a value of the user's, nil to take it away.
func (c *Connection) SetPriv(v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.priv = v
}

// Priv returns the value attached with SetPriv.
func (c *Connection) Priv() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.priv
}

// LastKeepalive returns when the peer's latest KEEPALIVE or KEEPALIVE2 was read; the zero time if
// there was none.
func (c *Connection) LastKeepalive() time.Time { return orZero(c.lastKeepalive.Load()) }

// LastKeepaliveAck returns when the peer's latest answer to a KEEPALIVE2 of ours was read; the zero
// time if there was none. It has a reading of the monotonic clock, so time.Since tells how long ago
// that was whatever became of the wall clock. The stamp that the peer sends back, which is of the
// wall clock and the peer's word, does not count.
func (c *Connection) LastKeepaliveAck() time.Time { return orZero(c.lastKeepaliveAck.Load()) }

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// SetLoopbackAddr tells a loopback connection that its messenger has a new address.
func SetLoopbackAddr(c *Connection, addr wire.EntityAddr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peerAddr = addr
}

func (c *Connection) setOpened(features wire.Features) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.features = features
}

// setPeer notes who has connected to us: as an entity of which type, and by which credentials. A
// number that is not known is that of before, if the type is.
func (c *Connection) setPeer(name wire.EntityName, id auth.Identity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.identity = id
	if name.Num != wire.NumUnknown || name.Type != c.peerName.Type {
		c.peerName = name
	}
}

// learnName takes the peer's name from a message.
func (c *Connection) learnName(name wire.EntityName) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peerName = name
}
