package pipe

import (
	"context"
	"net"
	"sync"

	"simplemessenger/auth"
	"simplemessenger/dispatchqueue"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Host is what a pipe needs of its messenger. Methods are safe for concurrent use. Those marked "leaf" may be called with a
// pipe's lock held, and take no lock above the leaves.
type Host interface {
	Name() wire.EntityName               // leaf
	Addr() wire.EntityAddr               // leaf; the address that peers know us by
	LearnAddr(seen wire.EntityAddr) bool // leaf; takes the IP of seen if ours is blank; true if that was news
	NextConnectionID() uint64            // leaf
	NextGlobalSeq(seen uint32) uint32    // leaf; the next number, above seen
	Policy(peer wire.EntityType) Policy  // leaf
	Config() *Config                     // leaf; never changes
	AuthClient() auth.Client             // leaf; nil to connect without credentials
	AuthServer() auth.Server             // leaf; nil to accept everybody
	Guard() *Guard                       // leaf
	Sessions() Sessions                  // leaf; nil if nobody counts
	Dial(ctx context.Context, to wire.EntityAddr) (net.Conn, error)

	// Registry is the table of pipes. Its lock comes before every pipe's lock.
	Registry() Registry
	// Dispatch is where received messages and connection events go.
	Dispatch() Dispatch
	// Go runs f in a goroutine that the messenger waits for when it shuts down. Leaf.
	Go(f func())
}

// Registry maps addresses to pipes: at most one pipe for each peer, which is an address, and a principal where peers prove who they
// are. Lock it before any call, and before any pipe.
type Registry interface {
	sync.Locker
	// At returns the pipes registered for the address: one, or one for each principal that claims it. Some may be closed
	// already. The slice is valid until the registry changes.
	At(wire.EntityAddr) []*Pipe
	// Register enters p under its peer address and removes it from the accepting set. Who takes over from another pipe unregisters
	// that first.
	Register(p *Pipe)
	// Unregister removes p, if it is still the one that is registered, also from the accepting set.
	Unregister(p *Pipe)
	// Closed reports that the messenger shuts down: nothing may be registered any more.
	Closed() bool
}

// Dispatch is the way up to the user. The first four are leaves; the others run user code and are called without locks.
type Dispatch interface {
	QueueEvent(kind dispatchqueue.Kind, c *Connection)
	QueueFault(c *Connection, err error)
	DiscardConnection(id uint64) int
	DispatchThrottle() *throttle.Throttle
	// WaitForRoom waits until the dispatch queue takes messages of c, or until done; not a leaf. It reports whether it had to wait.
	WaitForRoom(done <-chan struct{}, c *Connection) bool
	// WaitForEventRoom waits until there is room for the events of one more peer, or until done; not a leaf.
	WaitForEventRoom(done <-chan struct{}) bool

	// FastConnect and FastAccept tell of an opened session before its first message can be delivered.
	FastConnect(c *Connection)
	FastAccept(c *Connection)
	// Deliver takes a received message: fast dispatch in the calling goroutine if a dispatcher wants that, else the
	// queue. ThrottleSize was taken from DispatchThrottle and is given back by the callee.
	Deliver(m *Message, throttleSize int64)
}
