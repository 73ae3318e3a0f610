// Package async is the event engine: the AsyncMessenger, on the same sessions, rules, frames and
// handshakes as the blocking engine in package pipe.
//
// A worker is one goroutine with an event centre. A connection belongs to the worker that had the
// fewest references when it came. The centre waits for file events (a socket is ready), time
// events, and external events, which are functions that other goroutines post; the worker handles
// them one after the other, and never waits for anything else.
//
// # Reading order
//
// [New] and the engine; centre, timer and poller, what a worker waits for; carrier, which does the
// session's jobs as far as they go without waiting, and write; link, which reads until there are
// enough bytes and goes on with the step that waits for them; accept and connect, the handshakes as
// such steps; read, the frames of an open session. [State] has the names that Ceph's AsyncMessenger
// has for where a connection stands. docs/async.md tells the story.
//
// # What may wait
//
// Dials, credentials and their judging, full queues, interceptors, closing what is the user's: each
// runs in a goroutine of its own that posts when it is done, and the link is parked meanwhile: it
// reads nothing, and holds up no other one. If it ends meanwhile, that is told when what is under
// way is over, so that a link has no more than one such thing. A full throttle calls. A fast
// dispatch runs in the worker, as in Ceph: it holds up all connections of that worker.
//
// # Sockets
//
// A plain socket of Linux is watched with epoll, by a descriptor of its own: the net.Conn that it
// came with is closed when the engine takes it over. Everything else (TLS, memory, other systems)
// has two goroutines that read and write, and post.
//
// # Locks
//
// What belongs to a worker is touched by its goroutine alone. The centre's list of what was posted
// and a socket's descriptor have locks, which are leaves.
package async
