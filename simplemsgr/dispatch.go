package simplemsgr

import (
	"slices"
	"sync/atomic"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/session"
	"simplemessenger/throttle"
	"simplemessenger/trace"
)

// dispatch brings messages and events from the pipes to the dispatchers. It implements
// session.Dispatch for the pipes, and dispatchqueue.Handler for the queue.
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
	losses      []LossHandler
	drainers    []Drainer
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
		if f, ok := x.(LossHandler); ok {
			c.losses = append(c.losses, f)
		}
		if f, ok := x.(Drainer); ok {
			c.drainers = append(c.drainers, f)
		}
	}
	d.chain.Store(c)
}

// For the pipes.

func (d *dispatch) QueueEvent(kind dispatchqueue.Kind, c *Connection, cause error) {
	d.queue.QueueEvent(kind, c, cause)
}
func (d *dispatch) WantsLosses() bool { return len(d.chain.Load().losses) > 0 }
func (d *dispatch) DiscardConnection(id uint64) int {
	return d.queue.DiscardConnection(id)
}
func (d *dispatch) DispatchThrottle() *throttle.Throttle {
	return d.queue.DispatchThrottle()
}

func (d *dispatch) WaitForRoom(done <-chan struct{}, c *Connection) bool {
	return d.queue.WaitForRoom(done, session.Undispatched(c))
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
		session.Dispatched(m)
		if throttleSize > 0 {
			d.queue.DispatchThrottle().Put(throttleSize)
		}
		return
	}
	d.queue.Enqueue(dispatchqueue.Item[*Connection, *Message]{
		Connection: c, ConnectionID: c.ID(), Message: m,
		Priority: int(m.Priority), Cost: int64(len(m.Data)), ThrottleSize: throttleSize,
		Waiting: session.Undispatched(c),
	})
}

// tryFast shows a message to who wants to see it first, and dispatches it at once if a dispatcher
// wants that. An error is a panic in any of them, which ends the message's way.
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

func (d *dispatch) guard() *session.Guard { return &d.m.guard }

// For the queue.

func (d *dispatch) HandleEvent(kind dispatchqueue.Kind, c *Connection, cause error) {
	chain := d.chain.Load()
	if kind == dispatchqueue.KindFault {
		for _, h := range chain.faults {
			d.handleFault(h, c, cause)
		}
		return
	}
	if loss, ok := cause.(*session.LossError); ok {
		for _, h := range chain.losses {
			d.handleLoss(h, c, loss)
		}
	}
	for _, h := range chain.connections {
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
	case dispatchqueue.KindFault: // goes to a FaultHandler
	}
}

func (d *dispatch) handleLoss(h LossHandler, c *Connection, loss *LossError) {
	defer d.guard().Recover("LossHandler.HandleLoss", c, nil)
	h.HandleLoss(c, loss)
}

func (d *dispatch) handleFault(h FaultHandler, c *Connection, err error) {
	defer d.guard().Recover("FaultHandler.HandleFault", c, nil)
	h.HandleFault(c, err)
}

func (d *dispatch) Dispatch(c *Connection, m *Message) {
	d.dispatchOne(c, m)
	session.Dispatched(m)
}

func (d *dispatch) dispatchOne(c *Connection, m *Message) {
	defer d.guard().Recover("Dispatcher.Dispatch", c, nil)
	d.traceDispatch(m, false)
	if !slices.ContainsFunc(d.chain.Load().dispatchers, func(x Dispatcher) bool {
		return x.Dispatch(m)
	}) {
		d.trace(m.Connection(), trace.Unhandled{Header: m.Header()})
	}
}

func (d *dispatch) Discard(_ *Connection, m *Message) { session.Dispatched(m) }

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
	session.Dispatched(m)
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
	frequent, meters := d.m.config.Pipe.Observers()
	for _, meter := range meters {
		if fast {
			meter.CountFast(m.Connection().ID())
		} else {
			meter.CountQueued(m.Connection().ID(), time.Since(m.CompletedAt))
		}
	}
	if frequent.Wanted() {
		d.traceTo(frequent, m.Connection(), trace.Dispatched{Header: m.Header(), Fast: fast,
			Queued: time.Since(m.CompletedAt)})
	}
}

func (d *dispatch) trace(c *Connection, e trace.Event) {
	d.traceTo(d.m.config.Pipe.Tracer, c, e)
}

func (d *dispatch) traceTo(tracer trace.Tracer, c *Connection, e trace.Event) {
	if tracer != nil {
		tracer.Trace(trace.Record{Time: time.Now(), Messenger: d.m.name, Connection: c.ID(),
			PeerName: c.PeerName(), Peer: c.PeerAddr(), Event: e})
	}
}

var _ session.Dispatch = (*dispatch)(nil)
