package session

import (
	"context"
	"net"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Host is what sessions and engines need of their messenger. Methods are safe for concurrent use.
// Those marked "leaf" may be called with a session locked, and take no lock above the leaves.
type Host interface {
	Name() wire.EntityName // leaf
	Addr() wire.EntityAddr // leaf; the address that peers know us by
	// leaf; takes the IP of seen if ours is blank; true if that was news
	LearnAddr(seen wire.EntityAddr) bool
	NextPipeID() uint64                 // leaf; for what carries a session
	NextConnectionID() uint64           // leaf
	NextGlobalSeq(seen uint32) uint32   // leaf; the next number, above seen
	Policy(peer wire.EntityType) Policy // leaf
	Config() *Config                    // leaf; never changes
	AuthClient() auth.Client            // leaf; nil to connect without credentials
	AuthServer() auth.Server            // leaf; nil to accept everybody
	Guard() *Guard                      // leaf
	Admission() Admission               // leaf; nil if nobody counts
	Dial(ctx context.Context, to wire.EntityAddr) (net.Conn, error)

	// Table is where sessions are registered.
	Table() *Table
	// Dispatch is where received messages and connection events go.
	Dispatch() Dispatch
	// Go runs f in a goroutine that the messenger waits for when it shuts down. Leaf.
	Go(f func())
}

// Dispatch is the way up to the user. The first five are leaves; the others run user code, or wait,
// and are called without locks.
type Dispatch interface {
	QueueEvent(kind dispatchqueue.Kind, c *Connection, cause error)
	// WantsLosses reports whether somebody asks which messages a lost session took along.
	WantsLosses() bool
	DiscardConnection(id uint64) int
	DispatchThrottle() *throttle.Throttle
	// WaitForRoom waits until the dispatch queue takes messages of c, or until done. It reports
	// whether it had to wait.
	WaitForRoom(done <-chan struct{}, c *Connection) bool
	// WaitForEventRoom waits until there is room for the events of one more peer, or until done.
	WaitForEventRoom(done <-chan struct{}) bool

	// FastConnect and FastAccept tell of an opened session before its first message can be
	// delivered.
	FastConnect(c *Connection)
	FastAccept(c *Connection)
	// Deliver takes a received message: fast dispatch in the calling goroutine if a dispatcher
	// wants that, else the queue. ThrottleSize was taken from DispatchThrottle and is given back by
	// the callee.
	Deliver(m *Message, throttleSize int64)
}

// Carrier is who serves a session at this moment: an engine's side of it. All methods are leaves.
// Wake and Leave are called with the session locked: they only note it.
type Carrier interface {
	ID() uint64 // its number within the messenger, as traces and dumps show it
	// Stages are what it is doing: the side that reads, or accepts, and the one that writes, or
	// connects.
	Stages() (reader, writer protocol.Stage)
	// HoldsUp reports whether it does not come to read what the peer has said, or the reader waits
	// for this side: the peer's silence says nothing then.
	HoldsUp() bool
	Wake()  // Session.Next has more to say. Called once at most for each job to sleep.
	Leave() // the session is over, or has got another carrier
}

// Placed is a Carrier that has a place among others: see Snapshot. Where is a leaf.
type Placed interface {
	Carrier
	// Where returns the state that the carrier is in, by the name that Ceph's AsyncMessenger has
	// for it, and the number of its worker.
	Where() (state string, worker int)
}

// Socket is an engine's side of a link. Its methods are called without locks.
type Socket interface {
	// Shut gives the socket up, whether it is open or being dialed, and wakes who waits on it. It
	// may be called more than once.
	Shut()
	// WriteNow writes as much as the socket takes at once, perhaps nothing. Only called where
	// Link.Direct is set, by who has the right to write.
	WriteNow(b []byte) (int, error)
}

// MustProve reports whether peers of that type have to prove themselves when they connect to us. It
// asks the user's code, so it is called without locks.
func MustProve(host Host, t wire.EntityType) bool {
	server := host.AuthServer()
	return server != nil && server.MustProve(t)
}
