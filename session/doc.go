// Package session has what outlives a socket: the session, as one object with one lock that nobody
// outside sees.
//
// A session is what two messengers agree on — numbers, what is queued and what was sent and not
// acked, policy, the user's handle. It is a monitor: events go in, each a method that is one
// transition, and jobs come out, by Next. It has no goroutine, and no socket but a Link to be given
// up. What blocks is an engine: package pipe carries a session with two goroutines.
//
// # Reading order
//
// [Session] and its helpers do, on and locked; then [Session.Next] and what a carrier does with it.
// [Connection] is the user's side, [Message] what goes through, out_queue where it waits. A file is
// what happens to a session: connect and accept what handshakes do to it, takeover what a peer's
// new connection does, receive what comes, fault what becomes of a broken socket, stuck what never
// gets through, leave all ways out. [Table] is where the sessions of a messenger are registered,
// call who may dial an address, admission who must give way. What two messengers decide about each
// other is in package protocol.
//
// # Locks
//
// In this order:
//
//  1. the table's
//  2. a session's: of the one that a peer comes to, then of its accepted socket, then of others
//     that claim the
//     address. Who holds more than one holds the table's, so nobody waits in a circle.
//  3. leaves: a connection's, the queues of package dispatchqueue, throttles, delayed messages
//
// A session's lock is taken by its method locked, and by nothing else. What needs it is a function
// whose name ends in Locked, or a literal that is given to do, on or locked. Under it nothing
// waits, no socket is touched and no code of the user's is called: what a transition leaves to be
// done, such as to close a socket, is noted (later) and done behind the lock. One exception:
// tracers are called under it, since the order of events is the order in which they happen; see
// trace.Tracer. A test of the source holds all of that (internal/test/layers).
//
// # Links
//
// A link is one socket, from dial or accept to its end, as a session sees it. Whoever finds it
// broken says so, with the link; the first one counts. Everything that a goroutine wants to do to a
// session after it has blocked goes through Session.on, which looks whether the link is the
// session's still: if not, the session has been stopped or taken over meanwhile, and the goroutine
// has nothing to say.
package session
