package dispatchqueue

import "sync"

// localDelivery has the messages to oneself until the local delivery goroutine
// takes them.
type localDelivery[C comparable, M any] struct {
	done chan struct{} // closed when the goroutine ends

	mu       sync.Mutex
	wake     sync.Cond        // with mu
	items    ring[Item[C, M]] // guarded by mu
	stopping bool             // guarded by mu
}

func newLocalDelivery[C comparable, M any]() *localDelivery[C, M] {
	l := &localDelivery[C, M]{done: make(chan struct{})}
	l.wake.L = &l.mu
	return l
}

// DeliverLocally passes a message to oneself to the local delivery goroutine. The
// caller goes on at once, even if the handler takes the message by fast dispatch.
// ConnectionID and ThrottleSize of the item are ignored: local messages take
// turns as one connection, [LocalConnectionID], and hold no throttle. After
// Shutdown the message is discarded.
func (q *Queue[C, M]) DeliverLocally(item Item[C, M]) {
	item.ConnectionID = LocalConnectionID
	item.ThrottleSize = 0
	if !q.local.add(item) {
		q.discard(&item)
	}
}

// runLocalDelivery is the local delivery goroutine.
func (q *Queue[C, M]) runLocalDelivery() {
	defer close(q.local.done)
	for {
		item, ok, stopping := q.local.take()
		switch {
		case !ok:
			return
		case stopping:
			q.discard(&item)
			continue
		}
		q.FastPreprocess(item.Connection, item.Message)
		if q.CanFastDispatch(item.Message) {
			q.FastDispatch(item)
		} else {
			q.Enqueue(item)
		}
	}
}

// add reports whether it took the item.
func (l *localDelivery[C, M]) add(item Item[C, M]) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return false
	}
	if l.items.length == 0 {
		l.wake.Signal()
	}
	l.items.push(item)
	return true
}

// take waits for the next item. When local delivery stops it still returns what
// is left, and then !ok.
func (l *localDelivery[C, M]) take() (item Item[C, M], ok, stopping bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.items.length == 0 && !l.stopping {
		l.wake.Wait()
	}
	item, ok = l.items.pop()
	return item, ok, l.stopping
}

func (l *localDelivery[C, M]) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	l.wake.Signal()
}

func (l *localDelivery[C, M]) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.items.length
}
