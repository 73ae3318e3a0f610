package dispatchqueue

import (
	"sync"
	"sync/atomic"
	"time"

	"simplemessenger/throttle"
)

// A Queue delivers events and messages to a [Handler]. Create one with [New].
// All methods may be called by several goroutines at once, also before Start and
// after Shutdown.
type Queue[C comparable, M any] struct {
	handler          Handler[C, M]
	throttle         *throttle.Throttle
	epoch            time.Time // arrivals are counted from here
	lastConnectionID atomic.Uint64
	start            sync.Once
	local            *localDelivery[C, M]
	done             chan struct{} // closed when the dispatch goroutine ends

	mu       sync.Mutex
	wake     sync.Cond          // for the dispatch goroutine; with mu
	sleeping bool               // it waits for wake, and nobody has signalled yet
	stopping bool               // Shutdown has been called
	events   ring[event[C]]     // guarded by mu
	messages *prioritized[C, M] // guarded by mu
	// closed when something leaves; nil if nobody waits for room; guarded by mu
	room chan struct{}
	// closed when all is delivered; nil if nobody waits for that; guarded by mu
	idle chan struct{}

	limit, limitOwn int          // of messages, in all and of one connection; 0 is none
	limitEvents     int          // 0 is none
	queued          atomic.Int64 // messages.length, to be read without mu
	queuedEvents    atomic.Int64 // events.length, to be read without mu
}

// New returns a queue that delivers to h once it is started.
func New[C comparable, M any](config Config, h Handler[C, M]) *Queue[C, M] {
	config = config.withDefaults()
	q := &Queue[C, M]{
		handler:  h,
		throttle: throttle.New("dispatch", config.ThrottleBytes),
		epoch:    time.Now(),
		local:    newLocalDelivery[C, M](),
		done:     make(chan struct{}),
		messages: newPrioritized[C, M](config.MaxTokensPerPriority, config.MinCost),
		limit:    config.LimitMessages, limitOwn: config.LimitOfConnection,
		limitEvents: config.LimitEvents,
	}
	q.wake.L = &q.mu
	return q
}

// Start starts delivery. Only the first call does something.
func (q *Queue[C, M]) Start() {
	q.start.Do(func() {
		go q.runDispatch()
		go q.runLocalDelivery()
	})
}

// Shutdown stops delivery for good, local delivery first. It does not wait, so a
// callback may call it; see [Queue.Wait]. Only the first call does something.
//
// What is being delivered is delivered. Of what is still queued, events are
// delivered and messages are discarded, by the goroutines that would have
// delivered them; they are started for that if they never were. From now on an
// event that is queued is forgotten, and a message that is queued is discarded
// by its caller.
func (q *Queue[C, M]) Shutdown() {
	q.local.stop()
	q.mu.Lock()
	q.stopping = true
	q.taken()
	q.unlockAndWake()
	q.Start()
}

// Wait returns when the queue has been shut down and its goroutines have ended:
// no callback comes from them any more. Called from a callback it would wait for
// itself.
func (q *Queue[C, M]) Wait() {
	<-q.local.done
	<-q.done
}

// NextConnectionID returns a connection ID that this queue has not given out
// before. The first is 1.
func (q *Queue[C, M]) NextConnectionID() uint64 {
	return q.lastConnectionID.Add(1)
}

// DispatchThrottle returns the throttle that Item.ThrottleSize is taken from.
// Its limit may be changed at any time.
func (q *Queue[C, M]) DispatchThrottle() *throttle.Throttle {
	return q.throttle
}

// QueueEvent queues an event for HandleEvent, with its cause where it has one. After
// Shutdown it does nothing, nor with a KindFault while LimitEvents are queued: what ends
// or begins a connection is always told, but of faults the next one says the same.
func (q *Queue[C, M]) QueueEvent(kind Kind, connection C, cause error) {
	q.mu.Lock()
	if q.stopping || kind == KindFault && q.eventsFull() {
		q.mu.Unlock()
		return
	}
	q.events.push(event[C]{kind, connection, cause})
	q.queuedEvents.Store(int64(q.events.length))
	q.unlockAndWake()
}

// Enqueue queues a message for Dispatch. After Shutdown it discards the message.
func (q *Queue[C, M]) Enqueue(item Item[C, M]) {
	arrival := time.Since(q.epoch)
	q.mu.Lock()
	if q.stopping {
		q.mu.Unlock()
		q.discard(&item)
		return
	}
	if item.Waiting != nil {
		item.Waiting.Add(1)
	}
	q.messages.push(&item, arrival)
	q.queued.Store(int64(q.messages.length))
	q.unlockAndWake()
}

// WaitForRoom waits until fewer messages are queued than LimitMessages, and fewer
// of one connection, which are counted in own, than LimitOfConnection; or until
// done. A reader calls it before it reads a message, so that there are at most as
// many more as there are readers. It reports whether it had to wait.
func (q *Queue[C, M]) WaitForRoom(done <-chan struct{}, own *atomic.Int64) (waited bool) {
	if !q.full(own) {
		return false
	}
	return q.waitWhile(func() bool { return q.full(own) }, done)
}

// WaitForEventRoom waits until fewer events are queued than LimitEvents, or until
// done. Who accepts a peer calls it before, since each brings events. It reports
// whether it had to wait.
func (q *Queue[C, M]) WaitForEventRoom(done <-chan struct{}) (waited bool) {
	return q.waitWhile(q.eventsFull, done)
}

// Idle reports whether everything that was queued has been dispatched, and no callback
// of the dispatch goroutine runs.
func (q *Queue[C, M]) Idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.idleNow()
}

// idleNow needs mu.
func (q *Queue[C, M]) idleNow() bool {
	return q.sleeping && q.events.length == 0 && q.messages.length == 0
}

// WaitUntilIdle waits until a moment at which everything that was queued has been
// dispatched and no callback of the dispatch goroutine runs, or until done: it
// reports which. Local delivery does not count. A callback that calls it waits for
// itself.
func (q *Queue[C, M]) WaitUntilIdle(done <-chan struct{}) (idle bool) {
	q.mu.Lock()
	if q.idleNow() {
		q.mu.Unlock()
		return true
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	wait := q.idle
	q.mu.Unlock()
	select {
	case <-wait:
		return true
	case <-q.done:
		return true
	case <-done:
		return false
	}
}

func (q *Queue[C, M]) waitWhile(full func() bool, done <-chan struct{}) (waited bool) {
	for full() {
		q.mu.Lock()
		if !full() || q.stopping {
			q.mu.Unlock()
			return waited
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.mu.Unlock()
		waited = true
		select {
		case <-room:
		case <-done:
			return waited
		}
	}
	return waited
}

func (q *Queue[C, M]) full(own *atomic.Int64) bool {
	return q.limit > 0 && q.queued.Load() >= int64(q.limit) ||
		q.limitOwn > 0 && own.Load() >= int64(q.limitOwn)
}

func (q *Queue[C, M]) eventsFull() bool {
	return q.limitEvents > 0 && q.queuedEvents.Load() >= int64(q.limitEvents)
}

// taken tells those who wait for room that there may be some: something has left,
// and is not counted any more. Needs mu.
func (q *Queue[C, M]) taken() {
	q.queued.Store(int64(q.messages.length))
	q.queuedEvents.Store(int64(q.events.length))
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
}

// DiscardConnection discards the messages of a connection that are queued, and
// returns how many they were. It does not wait for one that is being dispatched,
// and leaves events alone.
func (q *Queue[C, M]) DiscardConnection(connectionID uint64) int {
	q.mu.Lock()
	e, n := q.messages.removeConnection(connectionID)
	for removed := e; removed != nil; removed = removed.next {
		removed.item.left()
	}
	q.taken()
	q.mu.Unlock()
	for ; e != nil; e = e.next {
		q.discard(&e.item)
	}
	return n
}

// Len returns the number of events and messages that wait for the dispatch
// goroutine. What is being delivered does not count, nor what waits for local
// delivery.
func (q *Queue[C, M]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.events.length + q.messages.length
}

// OldestAge returns for how long, at the time now, the message that came first
// of those queued has been waiting; 0 if there is none.
func (q *Queue[C, M]) OldestAge(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.oldestAge(now)
}

// oldestAge needs mu.
func (q *Queue[C, M]) oldestAge(now time.Time) time.Duration {
	arrival, ok := q.messages.oldestArrival()
	if !ok {
		return 0
	}
	return max(now.Sub(q.epoch)-arrival, 0)
}

// unlockAndWake releases mu after something was changed that the dispatch
// goroutine may be waiting for.
func (q *Queue[C, M]) unlockAndWake() {
	wake := q.sleeping
	q.sleeping = false
	q.mu.Unlock()
	if wake {
		q.wake.Signal()
	}
}

// runDispatch is the dispatch goroutine.
func (q *Queue[C, M]) runDispatch() {
	defer close(q.done)
	q.mu.Lock()
	for {
		var item Item[C, M]
		if e, ok := q.events.pop(); ok {
			q.taken()
			q.mu.Unlock()
			q.handler.HandleEvent(e.kind, e.connection, e.cause)
			q.mu.Lock()
		} else if q.messages.pop(&item) {
			discard := q.stopping
			item.left()
			q.taken()
			q.mu.Unlock()
			if discard {
				q.discard(&item)
			} else {
				q.handler.Dispatch(item.Connection, item.Message)
				q.throttle.Put(item.ThrottleSize)
			}
			q.mu.Lock()
		} else if !q.stopping {
			q.sleeping = true
			if q.idle != nil {
				close(q.idle)
				q.idle = nil
			}
			q.wake.Wait()
		} else {
			break
		}
	}
	q.mu.Unlock()
}

// discard drops a message. Call it without locks.
func (q *Queue[C, M]) discard(item *Item[C, M]) {
	q.handler.Discard(item.Connection, item.Message)
	q.throttle.Put(item.ThrottleSize)
}
