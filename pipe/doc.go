// Package pipe carries sessions over sockets: the heart of the messenger.
//
// A session is what two messengers agree on — sequence numbers, queues, the user's handle. A Pipe is what carries it: one socket at
// a time and two goroutines that block on it. The session outlives the socket; it can even outlive the pipe, when a connection that
// the peer opened takes it over. Exactly one pipe owns a session at any time.
//
// # Reading order
//
// What two messengers decide about each other is in package protocol; read that first. Here a file is a chapter: session and outqueue, what
// outlives a socket; connect and accept, the two halves of a handshake, line by line, with accept_decide and replace, which carry a decision out; reader and
// read_message, writer and write_batch, which call package frame for the bytes, as the handshakes call package handshake; direct_write; then the ways out: fault, stuck, close, markdown. events is
// what the tracer is told.
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
// The pipe's lock guards the session it owns, and the fields below it. A function whose name ends in Locked is called by who holds it; nobody gives it back who
// has not taken it. What is to be done without it is a value that is made under it: a job of the writer, the ending of a session. A test of
// the source holds that (internal/test/layers).
//
// It is never held over a socket call (but for the closing of a socket that is given up), a wait, or user code. Fast dispatch runs in the reader,
// without locks.
//
// # Faults
//
// A socket and what belongs to it is a link. Whoever finds it broken calls fault with it; the first call decides what
// becomes of the pipe, and later ones, whose link is no longer the pipe's, are ignored. So is everything that a goroutine wants to do
// to a session after the pipe has lost it: having blocked, it looks whether p.link is still its own.
package pipe
