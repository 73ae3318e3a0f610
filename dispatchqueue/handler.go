package dispatchqueue

import "sync/atomic"

// A Handler is what a [Queue] delivers to. C stands for a connection and M for a
// message. No method is called while a lock of this package is held.
type Handler[C comparable, M any] interface {
	// HandleEvent is told what became of a connection. It runs on the dispatch
	// goroutine, in the order in which events were queued, before any message
	// that is queued. The cause is that with which the event was queued: why there is
	// no socket, or why the session is lost.
	HandleEvent(kind Kind, connection C, cause error)

	// Dispatch takes a message. It runs on the dispatch goroutine.
	Dispatch(connection C, message M)

	// Discard is told of a message that will not be dispatched, because its
	// connection was discarded or the queue was shut down, so that it can give
	// back what the message holds. Any goroutine may call it: see the package
	// comment. Callers of Enqueue, DeliverLocally and DiscardConnection hold no
	// lock that Discard takes.
	Discard(connection C, message M)

	// CanFastDispatch reports whether FastDispatch takes this message.
	CanFastDispatch(message M) bool

	// FastPreprocess sees a message before it is either fast dispatched or
	// queued, in the order in which the connection's messages came.
	FastPreprocess(connection C, message M)

	// FastDispatch takes a message on the goroutine of whoever has it: the reader
	// of a connection, or the local delivery goroutine. It must be quick, because
	// nothing else comes in on that connection until it returns.
	FastDispatch(connection C, message M)
}

// PriorityLow divides priorities: from here on up they are strict, below they
// share. It is Ceph's CEPH_MSG_PRIO_LOW.
const PriorityLow = 64

// LocalConnectionID is the connection ID of messages to oneself.
// [Queue.NextConnectionID] never returns it.
const LocalConnectionID uint64 = 0

// An Item is a message on its way to the handler.
type Item[C comparable, M any] struct {
	// Connection is passed to the handler with Message.
	Connection C

	// ConnectionID says whose turn it is, and what DiscardConnection drops. It
	// comes from [Queue.NextConnectionID].
	ConnectionID uint64

	Message M

	// Priority of the message; a negative one counts as 0.
	Priority int

	// Cost of the message, in bytes: Ceph takes the length of its data. It
	// matters below PriorityLow only.
	Cost int64

	// ThrottleSize is what was taken from [Queue.DispatchThrottle] for this
	// message. The queue gives it back.
	ThrottleSize int64

	// Waiting counts the messages of the connection that are queued, for
	// [Queue.WaitForRoom]; the queue keeps it. nil if nobody asks.
	Waiting *atomic.Int64
}

// left notes that a message is not queued any more.
func (i *Item[C, M]) left() {
	if i.Waiting != nil {
		i.Waiting.Add(-1)
	}
}
