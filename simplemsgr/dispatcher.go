package simplemsgr

import "simplemessenger/session"

// Dispatcher receives messages. Several dispatchers form a chain: each message goes to the first
// that takes it.
type Dispatcher interface {
	// Dispatch takes a message, or returns false to leave it to the next dispatcher. It is called
	// from the messenger's dispatch goroutine; while it runs no other message is dispatched.
	Dispatch(m *Message) bool
}

// DispatcherFunc makes a Dispatcher of a function.
type DispatcherFunc func(m *Message) bool

// Dispatch calls f.
func (f DispatcherFunc) Dispatch(m *Message) bool { return f(m) }

// FastDispatcher is a Dispatcher that takes some messages in the reader's goroutine: without a hop
// to another one, and side by side for different connections.
type FastDispatcher interface {
	Dispatcher
	// CanFastDispatch says, from what the message is alone, whether FastDispatch will take it.
	CanFastDispatch(m *Message) bool
	// FastDispatch takes a message. It holds up everything that comes by the same connection; on
	// the event engine by all connections of its worker.
	FastDispatch(m *Message)
}

// FastPreprocessor is a Dispatcher that wants to see each message, in the reader's goroutine and in
// order, before it is dispatched in whatever way.
type FastPreprocessor interface {
	FastPreprocess(m *Message)
}

// ConnectionHandler is a Dispatcher that wants to know what happens to connections. All dispatchers
// that implement it are told of everything, in the dispatch goroutine, in order and before messages
// that are queued.
type ConnectionHandler interface {
	// HandleConnect: our connection to the peer is open, for the first time or again.
	HandleConnect(c *Connection)
	// HandleAccept: the peer's connection to us is open, for the first time or again.
	HandleAccept(c *Connection)
	// HandleReset: the connection is dead. Messages that were not dispatched at the peer are lost.
	HandleReset(c *Connection)
	// HandleRemoteReset: the peer has lost the session, or this side has given it up since it was
	// stuck. Messages in flight are lost; the connection goes on with a new session.
	HandleRemoteReset(c *Connection)
	// HandleRefused: nobody listens at the peer's address. The messenger goes on trying.
	HandleRefused(c *Connection)
}

// FaultHandler is a Dispatcher that wants to know why a connection has no socket. It is called in
// the dispatch goroutine, in order with the events of ConnectionHandler.
type FaultHandler interface {
	// HandleFault: a socket of the connection was given up, or an attempt to get one has failed.
	// What becomes of the connection other events tell, behind this one; unless its session was
	// lossy, or the fault is told along with a reset, the messenger goes on trying, after a pause
	// that grows until something gets through. What it cannot repair it tells so each time, as an
	// error that errors.Is finds to be
	//
	//	pipe.ErrWrongPeer        another nonce answers than the one called: see AnyNonce
	//	pipe.ErrNotCeph          no Ceph daemon, or a port of msgr2
	//	pipe.ErrProtocolVersion  the peer is of another type than it was called by, or another release
	//	pipe.ErrFeatures         a required feature is missing
	//	pipe.ErrBadAuthorizer    our credentials are refused
	//	pipe.ErrUnproven         the peer did not prove who it is
	//	pipe.ErrStuck            several sockets in a row ended over one message: see pipe.StuckError
	//	syscall.ECONNREFUSED     nobody listens
	//
	// or whatever the dial function, the credentials or the socket have said. A peer that just
	// leaves is no fault, and neither is what the user ends.
	HandleFault(c *Connection, err error)
}

// FastConnectionHandler is a Dispatcher that must know of an open connection before the first
// message comes by it, even if that is fast dispatched. It is called where the handshake is made,
// and holds up what FastDispatch does.
type FastConnectionHandler interface {
	HandleFastConnect(c *Connection)
	HandleFastAccept(c *Connection)
}

// LossError says why a session is lost, and what with it.
type LossError = session.LossError

// LossHandler is a Dispatcher that wants to know what a reset or a remote reset has cost: it is
// called in the dispatch goroutine, right before HandleReset or HandleRemoteReset of all
// ConnectionHandlers. For one message at a time see Connection.SendTracked.
type LossHandler interface {
	HandleLoss(c *Connection, loss *LossError)
}

// NopEvents can be embedded in a dispatcher that is a ConnectionHandler for the sake of some
// events: it implements them all, and does nothing.
type NopEvents struct{}

// HandleConnect implements ConnectionHandler.
func (NopEvents) HandleConnect(*Connection) {}

// HandleAccept implements ConnectionHandler.
func (NopEvents) HandleAccept(*Connection) {}

// HandleReset implements ConnectionHandler.
func (NopEvents) HandleReset(*Connection) {}

// HandleRemoteReset implements ConnectionHandler.
func (NopEvents) HandleRemoteReset(*Connection) {}

// HandleRefused implements ConnectionHandler.
func (NopEvents) HandleRefused(*Connection) {}
