package dispatchqueue

// CanFastDispatch asks the handler whether it takes the message by FastDispatch.
func (q *Queue[C, M]) CanFastDispatch(message M) bool {
	return q.handler.CanFastDispatch(message)
}

// FastPreprocess shows a message to the handler before it is fast dispatched or
// queued. A reader calls it for every message, in order.
func (q *Queue[C, M]) FastPreprocess(connection C, message M) {
	q.handler.FastPreprocess(connection, message)
}

// FastDispatch delivers a message at once, on the calling goroutine, and then
// gives its ThrottleSize back. Call it without locks, and only if
// CanFastDispatch says so. It does not touch the queue: it overtakes what is
// queued, and works after Shutdown too.
func (q *Queue[C, M]) FastDispatch(item Item[C, M]) {
	q.handler.FastDispatch(item.Connection, item.Message)
	q.throttle.Put(item.ThrottleSize)
}
