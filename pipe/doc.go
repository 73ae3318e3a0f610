// Package pipe carries sessions over sockets: the heart of the messenger.
//
// A session is what two messengers agree on — sequence numbers, queues, the user's handle. A Pipe is what carries it: one socket at
// a time and two goroutines that block on it. The session outlives the socket; it can even outlive the pipe, when a connection that
// the peer opened takes it over. Exactly one pipe owns a session at any time.
//
// # Reading order
//
// A file is a chapter: state, stage, session, outqueue; then the two pure functions in which the protocol's wisdom
// lies, decide (the accepting side) and react (the connecting side), the rules of identity, principal, and those of faults, fault_rule, pause_rule, stuck_rule, counters; then
// accept and connect, which carry them out line by line; replace, reader, read_message, writer, write_batch, direct_write, fault, stuck, close.
//
// # Goroutines
//
// The writer lives as long as the pipe: it connects, waits, and writes. (One exception: an answer may be written by the goroutine
// that sends it from within a fast dispatch, see direct_write.) The reader lives as long as one socket. An accepted socket
// has a third, short-lived one for its handshake, so that the others start with small stacks. All are started through Host.Go,
// whose owner waits for them. They end when the pipe is CLOSED: the socket is closed under them, and every wait
// has the pipe's or the socket's done channel as its other end.
//
// # Locks
//
// In this order:
//
//  1. the registry's lock (Host.Registry)
//  2. the lock of the pipe that acts
//  3. the locks of other pipes of the peer's address: of the one that it replaces, before 2, and of those of other principals that claim
//     the address, behind it. Who holds more than one pipe's lock holds the registry's, so nobody waits in a circle.
//  4. leaves: a connection's lock, the queues of package dispatchqueue, throttles
//
// The pipe's lock guards the session it owns. It is never held over a socket call, a wait, or user code. Fast dispatch
// runs in the reader, without locks.
//
// # Faults
//
// A socket and what belongs to it is a link. Whoever finds it broken calls fault with it; the first call decides what
// becomes of the pipe, and later ones, whose link is no longer the pipe's, are ignored. So is everything that a goroutine wants to do
// to a session after the pipe has lost it: having blocked, it looks whether p.link is still its own.
package pipe
