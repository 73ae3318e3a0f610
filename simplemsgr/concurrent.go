package simplemsgr

import (
	"context"
	"sync"
)

// Concurrent is a Dispatcher that handles messages side by side, each connection's one after the
// other: a handler may wait, for other peers too, and holds up its own connection alone. What the
// messages hold is given back when their handlers return. Set it up before it is added; then it
// must not be copied.
//
//	m.AddDispatcher(&simplemsgr.Concurrent{
//		Handle: func(ctx context.Context, msg *simplemsgr.Message) { … },
//	})
//
// A panic of a handler is told as that of a dispatcher is, and ends the session. Drain waits for
// handlers; Shutdown ends their contexts, but not them.
type Concurrent struct {
	// Handle handles a message; its context ends when the connection does, with Connection.Err as
	// cause. The message is the handler's until it returns, or longer with Message.Retain.
	Handle func(ctx context.Context, m *Message)
	// Takes says whether a message is one for Handle; nil takes all. It is called as Dispatch is.
	Takes func(m *Message) bool
	// Handlers is how many run at a time, at most (16).
	Handlers int
	// Backlog is how many messages may wait for a handler (1024). Beyond that Dispatch waits, and
	// with it all of the messenger, so that at last peers are read no more.
	Backlog int

	mu      sync.Mutex // a leaf; guards what follows
	lanes   map[*Connection]*lane
	ready   []*lane       // have messages, and no handler
	running int           // handlers
	waiting int           // messages
	room    chan struct{} // closed when fewer wait; nil if nobody asks
	idle    chan struct{} // closed when nothing is left; nil if nobody asks
}

// lane is the messages of one connection. It exists while there are any, or one is handled.
type lane struct {
	connection *Connection
	messages   []*Message
	handled    bool // one of them, at this moment
}

// Dispatch implements Dispatcher.
func (d *Concurrent) Dispatch(m *Message) bool {
	if d.Takes != nil && !d.Takes(m) {
		return false
	}
	m.Retain()
	d.waitForRoom()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lanes == nil {
		d.lanes = map[*Connection]*lane{}
	}
	c := m.Connection()
	l := d.lanes[c]
	if l == nil {
		l = &lane{connection: c}
		d.lanes[c] = l
	}
	l.messages = append(l.messages, m)
	d.waiting++
	if len(l.messages) == 1 && !l.handled {
		d.ready = append(d.ready, l)
		if d.running < orDefault(d.Handlers, 16) {
			d.running++
			go d.run()
		}
	}
	return true
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

func (d *Concurrent) waitForRoom() {
	for {
		d.mu.Lock()
		if d.waiting < orDefault(d.Backlog, 1024) {
			d.mu.Unlock()
			return
		}
		if d.room == nil {
			d.room = make(chan struct{})
		}
		room := d.room
		d.mu.Unlock()
		<-room // handlers make some
	}
}

// run handles messages, one of each connection in turn, until none is left.
func (d *Concurrent) run() {
	for {
		l, m := d.next()
		if l == nil {
			return
		}
		l.connection.Protect("Concurrent.Handle", func() { d.Handle(l.connection.Context(), m) })
		m.Release()
		d.handled(l)
	}
}

// next takes a message to be handled, or ends the goroutine.
func (d *Concurrent) next() (*lane, *Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ready) == 0 {
		d.running--
		if d.running == 0 && d.idle != nil {
			close(d.idle)
			d.idle = nil
		}
		return nil, nil
	}
	l := d.ready[0]
	d.ready[0], d.ready = nil, d.ready[1:]
	m := l.messages[0]
	l.messages[0], l.messages = nil, l.messages[1:]
	l.handled = true
	d.waiting--
	if d.room != nil {
		close(d.room)
		d.room = nil
	}
	return l, m
}

func (d *Concurrent) handled(l *lane) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.handled = false
	if len(l.messages) > 0 {
		d.ready = append(d.ready, l)
	} else {
		delete(d.lanes, l.connection)
	}
}

// WaitUntilIdle implements Drainer.
func (d *Concurrent) WaitUntilIdle(done <-chan struct{}) (idle bool) {
	d.mu.Lock()
	if d.running == 0 {
		d.mu.Unlock()
		return true
	}
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	wait := d.idle
	d.mu.Unlock()
	select {
	case <-wait:
		return true
	case <-done:
		return false
	}
}
