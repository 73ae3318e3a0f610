// Package dispatchqueue delivers a messenger's connection events and messages
// to their handler: one after the other, from one goroutine, the important
// ones first, and every connection in its turn.
//
// It is the DispatchQueue of Ceph's SimpleMessenger. It knows neither sockets
// nor the wire: a connection and a message are whatever its user says that
// they are, so it may be used alone.
//
// # Order of service
//
//  1. Connection events, first in, first out. A handler learns that a
//     connection was accepted, or reset, before it sees any message that was
//     queued by then.
//  2. Messages of [PriorityLow] and above, strictly by priority. Inside one
//     priority connections take turns, one message each.
//  3. Messages below PriorityLow share what is left over, in proportion to
//     their priorities and counted in cost, not in messages;
//     tokenbucket.go has the rule. Inside one priority connections take turns here
//     as well.
//
// Messages of the same connection and priority are never reordered.
//
// Two other ways lead to the handler. Fast dispatch delivers a message at once,
// on the goroutine of whoever has it, if the handler says that it can take it
// so. Local delivery is for messages to oneself: one goroutine passes them on in
// order, by fast dispatch where that is possible and otherwise by the queue, so
// that the sender never runs its own handler.
//
// # What a message holds
//
// A reader takes a message's size from [Queue.DispatchThrottle] before it reads
// the message's body, then calls [Queue.Enqueue]. From there the size belongs to
// the queue, which gives it back when the message has been dispatched or
// discarded, after the callback has returned. That is how a slow handler slows
// down the peers.
//
// # Goroutines
//
// [Queue.Start] starts two, [Queue.Shutdown] stops them and [Queue.Wait] waits
// until they are gone:
//
//   - the dispatch goroutine calls HandleEvent and Dispatch;
//   - the local delivery goroutine calls FastPreprocess, CanFastDispatch and
//     FastDispatch for local messages.
//
// Discard is called by whoever drops the message: the dispatch or local delivery
// goroutine at the end, else the caller of DiscardConnection, or of Enqueue and
// DeliverLocally on a queue that has been shut down.
//
// # Locks
//
// The queue has a mutex for events and messages, local delivery has one of its
// own, and the throttle has one inside. All three are leaves: none is held while
// another is taken, and none is held during a callback. So a callback may call
// every method of the queue except Wait.
//
// # Memory and time
//
// Queueing and delivering allocate nothing in steady state: list entries are
// used again. After a burst all but a bounded number of them are left to the
// garbage collector. A lock is held for a few list operations; to queue a message
// costs the logarithm of the number of different priorities that are queued, and
// to deliver one below PriorityLow costs their number, at most 64. The dispatch
// goroutine is woken only if it sleeps.
//
// # Where it departs from the original
//
//   - The original queues an event as a message of the highest priority, 255,
//     where it takes turns with messages of that priority. Here no message goes
//     before an event.
//   - A token bucket must hold more than a message's cost in the original, and
//     just the cost here. The difference matters for messages whose cost fills the
//     whole bucket, which would starve.
package dispatchqueue
