package simplemsgr

import (
	"simplemessenger/protocol"
	"simplemessenger/session"
)

// What users meet of package session has its name here. "go doc" shows no methods of an alias, so
// they are listed: "go doc session.Connection" has what each says of itself.

// Message is a message to be sent, or one that was received. Fields: Type, Priority, Version,
// CompatVersion, TID, DataOff, Front, Middle, Data; and, set by the receiver, Source,
// SourceDisputed, Seq, ReceivedAt, ThrottledAt, CompletedAt.
//
//	Connection() *Connection   by which it came
//	PayloadLen() int           of all parts
//	Header()                   as it is on the wire
//	Retain(), Release()        keep a received message beyond the dispatch, and give it back
//	String(), LogValue()       for logs
type Message = session.Message

// Connection is the handle on the conversation with one peer, over all of its sockets.
//
// What to say:
//
//	Send(m) error                      queue a message; never waits
//	SendContext(ctx, m) error          the same, but wait for room in the queue
//	SendTracked(ctx, m) (*Delivery, error)   and be told what becomes of it; withdrawn with ctx
//	WaitForRoom(ctx, m) error          after ErrQueueFull
//	Flush(ctx) error                   wait until all is acked (lossy: written)
//	SendKeepalive() error              ask for a sign of life
//
// How it is:
//
//	WaitOpen(ctx) error                wait for a socket with an open session
//	WaitOpenUnless(ctx, hopeless) error   the same, but not beyond a fault that is
//	State(), WaitForStateChange(ctx, last)   now, and when it is another one
//	IsConnected(), IsAlive() bool      open now; not dead
//	Done() <-chan, Err() error         closed when it is dead; why, a *LossError
//	Context() context.Context          ends when it is dead
//	LastError() error                  of the latest socket, or attempt to get one
//	LastKeepalive(), LastKeepaliveAck()   when the peer asked, and answered
//
// Who the peer is:
//
//	PeerName(), PeerType(), PeerAddr() as it says; where it is registered
//	Identity()                         what it has proved
//	Features()                         what both sides have
//	ID(), IsLoopback()                 unique in the messenger; it leads to ourselves
//	AllowAnyNonce(), AnyNonce()        see the option AnyNonce
//	SetPriv(v), Priv()                 a value of yours
//	String(), LogValue()               for logs
//
// How to end it:
//
//	CloseGracefully(ctx) error         all acked, CLOSE, over; says what was dropped
//	Close()                            the same begun, and CLOSE not put off for acks
//	MarkDown()                         at once, without a word or an event
//	MarkDisposable()                   with its next fault
//	Protect(entry, f)                  call f; a panic ends the session, as one of a dispatcher
type Connection = session.Connection

// Delivery tells what becomes of one message: see Connection.SendTracked.
//
//	Done() <-chan, Err() error         closed when it is acked (lossy: written), or is not to be
//	Wait(ctx) error                    for that
//	Sent() bool                        the peer may have it
//	Lost() <-chan, Loss() *LossError   closed when the session is lost in which it was sent
//	Withdraw(cause) bool               take it back, if it was never written
//	ExpectAnswer() func()              keep the session connected until the peer has answered
type Delivery = session.Delivery

// State is where a session stands: protocol.Open with a socket, protocol.Standby without one and
// without need, protocol.Closed when the connection is dead.
type State = protocol.State
