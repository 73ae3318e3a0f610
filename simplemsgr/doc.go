// Package simplemsgr is a messenger as Ceph's daemons have it: ordered conversations with many
// peers over protocol v1, lossless where that is asked for.
//
// # Names, addresses, nonces
//
// A peer is called by name (osd.0), which selects the policy, and by address: host, port and nonce.
// The nonce tells apart those that have had one socket address one after the other; a messenger
// draws a new one at each start, unless Config says otherwise. Whoever calls a peer by host and
// port alone calls somebody who is not there: each attempt fails with pipe.ErrWrongPeer. Take the
// whole address from where the peer publishes it (Ceph's maps do), give it a fixed nonce
// (Config.Nonce, or ZeroNonce as monitors have it), or call it with the option AnyNonce:
//
//	c, err := m.Connect(wire.EntityInst{Name: wire.OSD(0), Addr: addr}, simplemsgr.AnyNonce())
//
// or with Dial, which takes it as people write it, and waits until the session is open:
//
//	c, err := m.Dial(ctx, wire.OSD(0), "osd.example.org:6800")
//
// # Use
//
// A Messenger has a name (such as osd.0), policies that say how sessions with each type of peer
// behave, and dispatchers that receive messages and connection events. Set those up, Bind if peers
// are to connect, and Start. Connect returns the Connection with a peer, at once and always the
// same one while the session lives; Send queues a message. Drain ends all of it without losing
// anything. docs/guide.md leads from there to a program in production; package request makes
// requests and replies of messages.
//
// Errors of the network do not surface as errors: sessions are carried on over new sockets as their
// policy says. What does surface is what the messenger cannot repair, as an event: a reset (this
// connection is dead, ask for a new one) or a remote reset (the peer has lost the session; the
// connection goes on, but messages in both directions may be lost). Which they are a LossHandler is
// told, and who asks of a single message (Connection.SendTracked). Why there is no socket at the
// moment is told to a FaultHandler at each attempt that fails, and by Connection.LastError: refused
// credentials, a wrong nonce or a peer of another type do not heal by themselves, but the messenger
// cannot know when somebody heals them, so it goes on trying, ever more rarely.
//
// # The registry
//
// There is at most one session for each peer address, nonce included. When both sides connect at
// the same moment, the registry is where one of the two connections is found to be too many
// (docs/negotiation.md).
//
// # Engines
//
// What carries sessions over sockets is an engine: by default the blocking one, with two goroutines
// for each connection. With Config.Engine: async.New, or async.Share for many messengers, it is
// workers and events, for who holds thousands of connections (docs/async.md). What changes is whom
// fast callbacks hold up.
//
// # Callbacks
//
// Dispatch and the connection events are called from one goroutine, one after the other.
// FastDispatch, and the other fast callbacks, are called from the reader of the connection: they
// must not wait for anything that comes by that connection. On the event engine they are called
// from the worker, and hold up all its connections, with async.Share those of other messengers too:
// there they must not wait at all. No callback is made under a lock, and all methods of Messenger
// and Connection may be called from callbacks, except those that wait. Shutdown, Wait and Drain
// wait for callbacks to return (use Close there): with async.Share those of any messenger that
// shares the workers. Flush, CloseGracefully, Dial and what takes a context wait for the peer,
// whose words may stand behind the callback. A handler of Concurrent may wait for the peer.
//
// # Panics
//
// A panic in code of the user's, wherever the messenger calls it, is recovered, and told with its
// stack as the event trace.Panicked (without Tracer and Logger: in slog's default log). It costs
// what the code was called for, and no more:
//
//   - In dispatchers and handlers of all kinds, and where messages are signed or checked, that is
//     the session: it ends with a reset, and the message at hand counts as dispatched. What the
//     handler was doing may be half done, so the peer shall not be answered as if all were well.
//   - In a handshake (Dial, authentication on either side, an Interceptor, the user's own net.Conn)
//     it is the attempt: it fails as by an error, and the next one comes after a pause. A session
//     is not reset for it: who connects anew at a reset would run in circles.
//   - Listen and Accept fail, as by an error.
//   - A Tracer or Logger that has panicked is not called again; the others are told of it.
//
// Locks that the code held stay locked. Who would rather have the process end sets
// Config.PassPanics.
package simplemsgr
