package async

import (
	"time"

	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// The three throttles that a message passes before it is read, each a state: it is left at once, or
// when the throttle calls.

// throttleMessages, throttleBytes and throttleDispatch count the message, one after the other.
func (l *link) throttleMessages() error {
	messages, _ := l.Throttles()
	if messages == nil {
		return l.throttleBytes()
	}
	if l.passes(messages, 1, protocol.StageThrottleMessages) {
		session.TookMessage(l.message.message, messages)
		return l.throttleBytes()
	}
	return l.get(messages, 1, protocol.StageThrottleMessages, func() error {
		session.TookMessage(l.message.message, messages)
		return l.throttleBytes()
	})
}

func (l *link) throttleBytes() error {
	_, bytes := l.Throttles()
	size := int64(l.message.header.PayloadLen())
	if size == 0 {
		l.message.message.ThrottledAt = l.message.message.ReceivedAt
		return l.beginParts()
	}
	if bytes == nil {
		return l.throttleDispatch(size)
	}
	if l.passes(bytes, size, protocol.StageThrottleBytes) {
		session.TookBytes(l.message.message, bytes, size)
		return l.throttleDispatch(size)
	}
	return l.get(bytes, size, protocol.StageThrottleBytes, func() error {
		session.TookBytes(l.message.message, bytes, size)
		return l.throttleDispatch(size)
	})
}

func (l *link) throttleDispatch(size int64) error {
	t := l.c.host.Dispatch().DispatchThrottle()
	if l.passes(t, size, protocol.StageThrottleDispatch) {
		return l.throttled(size)
	}
	return l.get(t, size, protocol.StageThrottleDispatch, func() error { return l.throttled(size) })
}

func (l *link) throttled(size int64) error {
	r := &l.message
	r.dispatchSize = size
	r.message.ThrottledAt = r.message.ReceivedAt
	if r.throttledAt.After(r.message.ReceivedAt) {
		r.message.ThrottledAt = r.throttledAt
	}
	return l.beginParts()
}

// passes takes n from a throttle if nobody has to wait for anything.
func (l *link) passes(t *throttle.Throttle, n int64, stage protocol.Stage) bool {
	return l.free(stage) && t.TryGet(n)
}

// get takes n from a throttle, at once or when it calls.
func (l *link) get(t *throttle.Throttle, n int64, stage protocol.Stage, then func() error) error {
	return l.enter(stage, wire.TagMsg, func() error {
		start := time.Now()
		granted := func() error {
			l.message.throttledAt = time.Now()
			l.c.events.ThrottleWaited(t.Name(), n, start)
			return then()
		}
		withdraw := t.Await(n, func() {
			l.w.post(func() {
				if l.withdraw != nil { // or fail has given it back
					l.withdraw = nil
					l.unpark(granted)
				}
			})
		})
		if withdraw == nil {
			return then()
		}
		l.parked = true
		l.withdraw = func() {
			if !withdraw() {
				t.Put(n)
			}
		}
		return nil
	})
}
