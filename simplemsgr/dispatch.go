package simplemsgr

import (
	"slices"
	"sync/atomic"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/pipe"
	"simplemessenger/throttle"
	"simplemessenger/trace"
)

// dispatch brings messages and events from the pipes to the dispatchers. It implements pipe.Dispatch for the pipes, and
// dispatchqueue.Handler for the queue.
type dispatch struct {
	m     *Messenger
	queue *dispatchqueue.Queue[*Connection, *Message]
	chain atomic.Pointer[chain]
}

// chain is the dispatchers sorted by what they want. It is replaced, never changed.
type chain struct {
	dispatchers []Dispatcher
	fast        []FastDispatcher
	preprocess  []FastPreprocessor
	connections []ConnectionHandler
	fastOpen    []FastConnectionHandler
	faults      []FaultHandler
}

func newDispatch(m *Messenger) *dispatch {
	d := &dispatch{m: m}
	d.chain.Store(new(chain))
	d.queue = dispatchqueue.New[*Connection, *Message](m.config.Queue, d)
	return d
}

func (d *dispatch) add(x Dispatcher, first bool) {
	old := d.chain.Load()
	all := append(slices.Clone(old.dispatchers), x)
	if first {
		all = append([]Dispatcher{x}, old.dispatchers...)
	}
	c := &chain{dispatchers: all}
	for _, x := range all {
		if f, ok := x.(FastDispatcher); ok {
			c.fast = append(c.fast, f)
		}
		if f, ok := x.(FastPreprocessor); ok {
			c.preprocess = append(c.preprocess, f)
		}
		if f, ok := x.(ConnectionHandler); ok {
			c.connections = append(c.connections, f)
		}
		if f, ok := x.(FastConnectionHandler); ok {
			c.fastOpen = append(c.fastOpen, f)
		}
		if f, ok := x.(FaultHandler); ok {
			c.faults = append(c.faults, f)
		}
	}
	d.chain.Store(c)
}

// For the pipes.

func (d *dispatch) QueueEvent(kind dispatchqueue.Kind, c *Connection) { d.queue.QueueEvent(kind, c) }
func (d *dispatch) QueueFault(c *Connection, err error)               { d.queue.QueueFault(c, err) }
func (d *dispatch) DiscardConnection(id uint64) int                   { return d.queue.DiscardConnection(id) }
func (d *dispatch) DispatchThrottle() *throttle.Throttle              { return d.queue.DispatchThrottle() }

func (d *dispatch) WaitForRoom(done <-chan struct{}, c *Connection) bool {
	return d.queue.WaitForRoom(done, c.Undispatched())
}

func (d *dispatch) WaitForEventRoom(done <-chan struct{}) bool {
	return d.queue.WaitForEventRoom(done)
}

func (d *dispatch) FastConnect(c *Connection) {
	defer d.guard().Recover("FastConnectionHandler.HandleFastConnect", c, nil)
	for _, f := range d.chain.Load().fastOpen {
		f.HandleFastConnect(c)
	}
}

func (d *dispatch) FastAccept(c *Connection) {
	defer d.guard().Recover("FastConnectionHandler.HandleFastAccept", c, nil)
	for _, f := range d.chain.Load().fastOpen {
		f.HandleFastAccept(c)
	}
}

func (d *dispatch) Deliver(m *Message, throttleSize int64) {
	c := m.Connection()
	took, err := d.tryFast(c, m)
	if took || err != nil {
		m.Dispatched()
		if throttleSize > 0 {
			d.queue.DispatchThrottle().Put(throttleSize)
		}
		return
	}
	d.queue.Enqueue(dispatchqueue.Item[*Connection, *Message]{
		Connection: c, ConnectionID: c.ID(), Message: m,
		Priority: int(m.Priority), Cost: int64(len(m.Data)), ThrottleSize: throttleSize, Waiting: c.Undispatched(),
	})
}

// tryFast shows a message to who wants to see it first, and dispatches it at once if a dispatcher wants that. An error is a panic in any
// of them, which ends the message's way.
func (d *dispatch) tryFast(c *Connection, m *Message) (took bool, err error) {
	defer d.guard().Recover("FastDispatcher", c, &err)
	chain := d.chain.Load()
	for _, f := range chain.preprocess {
		f.FastPreprocess(m)
	}
	for _, f := range chain.fast {
		if f.CanFastDispatch(m) {
			d.traceDispatch(m, true)
			f.FastDispatch(m)
			return true, nil
		}
	}
	return false, nil
}

func (d *dispatch) guard() *pipe.Guard { return &d.m.guard }

// For the queue.

func (d *dispatch) HandleEvent(kind dispatchqueue.Kind, c *Connection) {
	for _, h := range d.chain.Load().connections {
		d.handleEvent(h, kind, c)
	}
}

func (d *dispatch) handleEvent(h ConnectionHandler, kind dispatchqueue.Kind, c *Connection) {
	defer d.guard().Recover("ConnectionHandler", c, nil)
	switch kind {
	case dispatchqueue.KindConnect:
		h.HandleConnect(c)
	case dispatchqueue.KindAccept:
		h.HandleAccept(c)
	case dispatchqueue.KindRemoteReset:
		h.HandleRemoteReset(c)
	case dispatchqueue.KindReset:
		h.HandleReset(c)
	case dispatchqueue.KindRefused:
		h.HandleRefused(c)
	case dispatchqueue.KindFault: // goes to HandleFault
	}
}

func (d *dispatch) HandleFault(c *Connection, err error) {
	for _, h := range d.chain.Load().faults {
		d.handleFault(h, c, err)
	}
}

func (d *dispatch) handleFault(h FaultHandler, c *Connection, err error) {
	defer d.guard().Recover("FaultHandler.HandleFault", c, nil)
	h.HandleFault(c, err)
}

func (d *dispatch) Dispatch(c *Connection, m *Message) {
	d.dispatchOne(c, m)
	m.Dispatched()
}

func (d *dispatch) dispatchOne(c *Connection, m *Message) {
	defer d.guard().Recover("Dispatcher.Dispatch", c, nil)
	d.traceDispatch(m, false)
	if !slices.ContainsFunc(d.chain.Load().dispatchers, func(x Dispatcher) bool { return x.Dispatch(m) }) {
		d.trace(m.Connection(), trace.Unhandled{Header: m.Header()})
	}
}

func (d *dispatch) Discard(_ *Connection, m *Message) { m.Dispatched() }

// Messages to oneself take these steps one by one.

func (d *dispatch) FastPreprocess(c *Connection, m *Message) {
	defer d.guard().Recover("FastPreprocessor.FastPreprocess", c, nil)
	for _, f := range d.chain.Load().preprocess {
		f.FastPreprocess(m)
	}
}

func (d *dispatch) CanFastDispatch(m *Message) bool { return d.fastDispatcher(m) != nil }

func (d *dispatch) FastDispatch(c *Connection, m *Message) {
	if f := d.fastDispatcher(m); f != nil {
		d.fastDispatch(f, c, m)
	}
	m.Dispatched()
}

func (d *dispatch) fastDispatcher(m *Message) FastDispatcher {
	defer d.guard().Recover("FastDispatcher.CanFastDispatch", m.Connection(), nil)
	for _, f := range d.chain.Load().fast {
		if f.CanFastDispatch(m) {
			return f
		}
	}
	return nil
}

func (d *dispatch) fastDispatch(f FastDispatcher, c *Connection, m *Message) {
	defer d.guard().Recover("FastDispatcher.FastDispatch", c, nil)
	d.traceDispatch(m, true)
	f.FastDispatch(m)
}

func (d *dispatch) traceDispatch(m *Message, fast bool) {
	if d.m.config.Pipe.Tracer != nil {
		d.trace(m.Connection(), trace.Dispatched{Header: m.Header(), Fast: fast, Queued: time.Since(m.CompletedAt)})
	}
}

func (d *dispatch) trace(c *Connection, e trace.Event) {
	if tracer := d.m.config.Pipe.Tracer; tracer != nil {
		tracer.Trace(trace.Record{Time: time.Now(), Messenger: d.m.name, PeerName: c.PeerName(), Peer: c.PeerAddr(), Event: e})
	}
}

var _ pipe.Dispatch = (*dispatch)(nil)
