package simplemsgr

import (
	"iter"
	"net"
	"net/netip"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// ConnectOption is an option of Connect. It counts for the connection that Connect returns, also
// for one that was there already.
type ConnectOption struct{ anyNonce bool }

// AnyNonce lets the peer announce any nonce: for who knows its host and port, but not its nonce,
// which is another one with each start of most daemons. The connection stays known by the address
// that it was asked for. If such a peer is started again, its new life is taken for the old one
// that has lost the session: a lossless connection goes on after a remote reset.
func AnyNonce() ConnectOption { return ConnectOption{anyNonce: true} }

// Connect returns the connection with peer: the one that there is, whoever opened it, or a new one,
// which is opened in the background. Our own address gives Loopback, whatever its type, and so does
// each address of this machine if we are bound to all. A session whose peer has proved to be
// somebody else than peer.Name is not used, whatever address it claims. It fails with ErrNoAddress,
// ErrServerPolicy or ErrShutdown. What goes wrong later is told to a FaultHandler, and by
// Connection.LastError.
//
// An address without the peer's nonce is not the peer's: see AnyNonce. A connection whose orderly
// end waits for acks or for a socket is returned until it is over, although it takes nothing more.
func (m *Messenger) Connect(peer wire.EntityInst, options ...ConnectOption) (*Connection, error) {
	return m.connect(peer, options, false)
}

func (m *Messenger) connect(peer wire.EntityInst, options []ConnectOption,
	byDial bool) (*Connection, error) {
	if m.isSelf(peer.Addr) {
		return m.loopback, nil
	}
	h := host{m}
	mustProve := session.MustProve(h, peer.Name.Type)
	open := func() (*session.Session, error) {
		if err := m.mayConnect(peer); err != nil {
			return nil, err
		}
		s := session.New(h, peer, mustProve)
		configure(s.Connection(), options)
		return s, nil
	}
	c, err := m.table.Call(peer, mustProve, byDial, open, m.engine.Carry)
	switch {
	case err == session.ErrClosed:
		return nil, ErrShutdown
	case err != nil:
		return nil, err
	}
	configure(c, options)
	return c, nil
}

// mayConnect reports whether a new session with a peer can be connected.
func (m *Messenger) mayConnect(peer wire.EntityInst) error {
	switch {
	case m.Policy(peer.Name.Type).Server:
		return errors.WithMessagef(ErrServerPolicy, "connect to %v", peer)
	case peer.Addr.IsBlankIP():
		return errors.WithMessagef(ErrNoAddress, "connect to %v: no host", peer)
	case peer.Addr.Port == 0:
		return errors.WithMessagef(ErrNoAddress, "connect to %v: no port", peer)
	}
	return nil
}

func configure(c *Connection, options []ConnectOption) {
	for _, o := range options {
		if o.anyNonce {
			c.AllowAnyNonce()
		}
	}
}

// isSelf reports whether an address is ours. Bound to all addresses of this machine we have them
// all, at our port and with our nonce.
func (m *Messenger) isSelf(peer wire.EntityAddr) bool {
	m.mu.Lock()
	addr, bound := m.addr.Untyped(), m.bound.Untyped()
	m.mu.Unlock()
	peer = peer.Untyped()
	switch {
	case peer.IsBlankIP() || peer.Nonce != addr.Nonce:
		return false
	case peer == addr || peer == bound:
		return true
	}
	return bound.IP.IsUnspecified() && bound.IP.IsValid() && peer.Port == bound.Port &&
		isOfThisMachine(peer.IP)
}

func isOfThisMachine(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.Equal(ip.AsSlice()) {
			return true
		}
	}
	return false
}

// Send queues a message for peer, over the connection that Connect returns. With a
// StatelessServer's policy that may be too late for a peer that has gone.
func (m *Messenger) Send(peer wire.EntityInst, msg *Message) error {
	c, err := m.Connect(peer)
	if err != nil {
		return err
	}
	return c.Send(msg)
}

// Lookup returns the connection with the peer of that address, or nil. It opens none. Where peers
// prove who they are several principals may claim the address; then it returns the connection that
// is there the longest: look at its Identity.
func (m *Messenger) Lookup(peer wire.EntityAddr) *Connection {
	for _, s := range m.table.At(peer) {
		if c := s.Usable(); c != nil {
			return c
		}
	}
	return nil
}

// Connections returns the connections that there are when it is called, in no order, with the
// states that they are in when their turn comes: those that are being closed too, which take no
// messages any more.
func (m *Messenger) Connections() iter.Seq2[*Connection, protocol.State] {
	all := m.table.All()
	return func(yield func(*Connection, protocol.State) bool) {
		for _, s := range all {
			c := s.Connection()
			if c == nil {
				continue
			}
			if state := c.State(); state != protocol.Closed && !yield(c, state) {
				return
			}
		}
	}
}

// Loopback returns the connection of the messenger to itself.
func (m *Messenger) Loopback() *Connection { return m.loopback }

// deliverLocally takes the place of a socket for the loopback connection. The receiver gets a copy
// of the message, with the same parts.
func (m *Messenger) deliverLocally(sent *Message) error {
	if m.table.Closed() {
		return session.ErrClosed
	}
	received := session.Loop(sent, m.loopback, m.name, time.Now())
	m.dispatch.queue.DeliverLocally(dispatchqueue.Item[*Connection, *Message]{
		Connection: m.loopback, ConnectionID: m.loopback.ID(), Message: received,
		Priority: int(received.Priority), Cost: int64(len(received.Data)),
	})
	return nil
}
