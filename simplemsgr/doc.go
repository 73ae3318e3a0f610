// Package simplemsgr is a messenger as Ceph's daemons have it: ordered conversations with many peers over protocol v1,
// lossless where that is asked for.
//
// # Use
//
// A Messenger has a name (such as osd.0), policies that say how sessions with each type of peer behave, and dispatchers that
// receive messages and connection events. Set those up, Bind if peers are to connect, and Start. Connect returns the
// Connection with a peer, at once and always the same one while the session lives; Send queues a message.
//
// Errors of the network do not surface as errors: sessions are carried on over new sockets as their policy says. What does
// surface is what the messenger cannot repair, as an event: a reset (this connection is dead, ask for a new one) or a remote
// reset (the peer has lost the session; the connection goes on, but messages in both directions may be lost).
//
// # The registry
//
// There is at most one pipe for each peer address, nonce included. When both sides connect at the same moment,
// the registry is where one of the two connections is found to be too many (docs/negotiation.md).
//
// # Callbacks
//
// Dispatch and the connection events are called from one goroutine, one after the other. FastDispatch is called from
// the reader of the connection: it must not wait for anything that comes by that connection. No callback is made under a lock, and
// all methods of Messenger and Connection may be called from callbacks, except Shutdown and Wait, which wait for callbacks to return (use
// Close there).
package simplemsgr
