package simulator

import (
	"sync"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/simplemsgr"
)

// Event is a connection event as it was told to an endpoint.
type Event struct {
	Kind       dispatchqueue.Kind
	Connection *simplemsgr.Connection
	Time       time.Time
	Life       int // of the endpoint, from 1
}

// Fault is why a connection had no socket, as it was told to an endpoint.
type Fault struct {
	Connection *simplemsgr.Connection
	Err        error
	Life       int
}

// receiver is the dispatcher of one life of an endpoint.
type receiver struct {
	e    *Endpoint
	life int
}

func (r receiver) Dispatch(m *simplemsgr.Message) bool {
	r.e.w.oracle.delivered(r.e, r.life, m)
	if r.e.OnMessage != nil {
		r.e.OnMessage(m)
	}
	return true
}

func (r receiver) HandleConnect(c *simplemsgr.Connection) { r.event(dispatchqueue.KindConnect, c) }
func (r receiver) HandleAccept(c *simplemsgr.Connection)  { r.event(dispatchqueue.KindAccept, c) }
func (r receiver) HandleReset(c *simplemsgr.Connection)   { r.event(dispatchqueue.KindReset, c) }
func (r receiver) HandleRemoteReset(c *simplemsgr.Connection) {
	r.event(dispatchqueue.KindRemoteReset, c)
}
func (r receiver) HandleRefused(c *simplemsgr.Connection) { r.event(dispatchqueue.KindRefused, c) }

func (r receiver) HandleFault(c *simplemsgr.Connection, err error) {
	r.e.log.mu.Lock()
	defer r.e.log.mu.Unlock()
	r.e.log.faults = append(r.e.log.faults, Fault{c, err, r.life})
}

func (r receiver) event(kind dispatchqueue.Kind, c *simplemsgr.Connection) {
	event := Event{Kind: kind, Connection: c, Time: time.Now(), Life: r.life}
	r.e.log.add(event)
	r.e.w.oracle.told(r.e, event)
	if r.e.OnEvent != nil {
		r.e.OnEvent(event)
	}
}

// fastReceiver is the dispatcher of an endpoint with fast dispatch.
type fastReceiver struct{ receiver }

func (r fastReceiver) CanFastDispatch(m *simplemsgr.Message) bool {
	return r.e.FastFor == nil || r.e.FastFor(m)
}
func (r fastReceiver) FastDispatch(m *simplemsgr.Message) { r.Dispatch(m) }

// eventLog has what an endpoint was told.
type eventLog struct {
	endpoint *Endpoint

	mu           sync.Mutex // a leaf
	events       []Event
	faults       []Fault
	byConnection map[*simplemsgr.Connection]*history
}

// history is what became of one connection.
type history struct {
	life    int
	resets  int
	dropped bool // the user marked it down
}

// seen notes a connection that the user has in hand.
func (l *eventLog) seen(c *simplemsgr.Connection) *history {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.historyOf(c)
}

func (l *eventLog) historyOf(c *simplemsgr.Connection) *history {
	h := l.byConnection[c]
	if h == nil {
		h = &history{life: l.endpoint.life}
		l.byConnection[c] = h
	}
	return h
}

func (l *eventLog) add(event Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event)
	h := l.historyOf(event.Connection)
	if event.Kind == dispatchqueue.KindReset {
		h.resets++
	}
}

// Events returns all events so far, of all lives.
func (e *Endpoint) Events() []Event {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	return append([]Event(nil), e.log.events...)
}

// Faults returns what was told to the endpoint of sockets and attempts that were given up, in
// order.
func (e *Endpoint) Faults() []Fault {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	return append([]Fault(nil), e.log.faults...)
}

// Kinds returns the kinds of all events about one connection, or about all if c is nil, in order.
func (e *Endpoint) Kinds(c *simplemsgr.Connection) []string {
	kinds := []string{}
	for _, event := range e.Events() {
		if c == nil || event.Connection == c {
			kinds = append(kinds, event.Kind.String())
		}
	}
	return kinds
}

// Count returns how many events of a kind there were.
func (e *Endpoint) Count(kind dispatchqueue.Kind) int {
	n := 0
	for _, event := range e.Events() {
		if event.Kind == kind {
			n++
		}
	}
	return n
}

// Accepted returns the connection of the latest accept event, nil if there was none. It waits until
// those that are queued have been handled.
func (e *Endpoint) Accepted() *simplemsgr.Connection {
	e.w.Settle()
	var c *simplemsgr.Connection
	for _, event := range e.Events() {
		if event.Kind == dispatchqueue.KindAccept {
			c = event.Connection
		}
	}
	return c
}
