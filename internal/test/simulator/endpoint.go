package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"simplemessenger/accepter"
	"simplemessenger/internal/test/engines"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Port is the port on which bound endpoints listen.
const Port = 6800

// Endpoint is a messenger with its name, host and address, through all of its lives. The fields
// down to FastFor are set before Start.
type Endpoint struct {
	Name wire.EntityName
	Host *memnet.Host
	// Bound endpoints listen on Port. Peers know the others by their nonce only.
	Bound bool
	// Nonce is part of the address. It stays the same when the endpoint is started again, unless
	// the test changes it.
	Nonce uint32
	// Configure changes the messenger's configuration.
	Configure func(*simplemsgr.Config)
	// OnMessage is called with each message when the oracle has seen it, in the dispatch goroutine,
	// or in the reader with FastDispatch.
	OnMessage func(*simplemsgr.Message)
	// OnEvent is called with each connection event, in the dispatch goroutine.
	OnEvent func(Event)
	// FastDispatch makes messages be dispatched in the reader.
	FastDispatch bool
	// FastFor chooses messages for that, with FastDispatch; nil for all.
	FastFor func(*simplemsgr.Message) bool

	// Messenger is the one of the present life, nil while there is none.
	Messenger *simplemsgr.Messenger

	w         *World
	life      int
	policies  map[wire.EntityType]simplemsgr.Policy
	throttles []*throttle.Throttle
	log       *eventLog
}

// Endpoint returns a new endpoint on a host of its own.
func (w *World) Endpoint(name wire.EntityName, ip string, bound bool) *Endpoint {
	e := &Endpoint{Name: name, Host: w.Net.Host(ip), Bound: bound, w: w,
		policies: map[wire.EntityType]simplemsgr.Policy{}}
	e.Nonce = uint32(1000 + len(w.endpoints))
	e.log = &eventLog{endpoint: e, byConnection: map[*simplemsgr.Connection]*history{}}
	w.endpoints = append(w.endpoints, e)
	return e
}

// SetPolicy sets the policy for peers of a type. It gets throttles, wide ones, if it has none, so
// that the world can see at its end whether they are back at zero.
func (e *Endpoint) SetPolicy(peer wire.EntityType, p simplemsgr.Policy) {
	if p.ThrottleBytes == nil {
		p.ThrottleBytes = throttle.New(fmt.Sprintf("%v bytes of %v", e.Name, peer), 1<<30)
	}
	if p.ThrottleMessages == nil {
		p.ThrottleMessages = throttle.New(fmt.Sprintf("%v messages of %v", e.Name, peer), 1<<20)
	}
	e.throttles = append(e.throttles, p.ThrottleBytes, p.ThrottleMessages)
	e.policies[peer] = p
	if e.Messenger != nil {
		e.Messenger.SetPolicy(peer, p)
	}
}

// Start begins a life of the endpoint.
func (e *Endpoint) Start() *Endpoint {
	e.w.T.Helper()
	e.life++
	config := simplemsgr.Config{Nonce: e.Nonce, Dial: e.Host.Dial,
		Accepter: accepter.Config{Listen: e.Host.Listen}}
	config.Pipe.Tracer = &e.w.Records
	config.Pipe.Interceptor = func(b pipe.Breakpoint) error { return e.w.intercept(e, b) }
	if e.Configure != nil {
		e.Configure(&config)
	}
	if config.Engine == nil {
		config.Engine = engines.New
	}
	m := simplemsgr.New(e.Name, config)
	for peer, p := range e.policies {
		m.SetPolicy(peer, p)
	}
	if e.FastDispatch {
		m.AddDispatcher(fastReceiver{receiver{e, e.life}})
	} else {
		m.AddDispatcher(receiver{e, e.life})
	}
	if e.Bound {
		addr := netip.AddrPortFrom(e.ip(), Port)
		if err := m.Bind(context.Background(), addr.String()); err != nil {
			e.w.T.Fatalf("%v: %v", e.Name, err)
		}
	}
	if err := m.Start(); err != nil {
		e.w.T.Fatalf("%v: %v", e.Name, err)
	}
	e.Messenger = m
	return e
}

// Crash ends the present life: the process is gone, and with it all sockets and all that was not
// delivered.
func (e *Endpoint) Crash() {
	e.w.T.Helper()
	e.w.oracle.crashed(e)
	e.stop()
}

// Restart crashes the endpoint and starts it again, with the same address.
func (e *Endpoint) Restart() {
	e.w.T.Helper()
	e.Crash()
	e.Start()
}

// stop shuts the messenger down and checks that nothing is left of it.
func (e *Endpoint) stop() {
	e.w.T.Helper()
	m := e.Messenger
	if m == nil {
		return
	}
	e.Messenger = nil
	ctx, cancel := shortly()
	defer cancel()
	dropped := new(simplemsgr.DroppedError) // as a crash does
	if err := m.Shutdown(ctx); err != nil && !errors.As(err, &dropped) {
		e.w.T.Errorf("%v: %v\n%s", e.Name, err, m.Dump().JSON())
		return
	}
	d := m.Dump()
	for _, t := range d.Throttles {
		if t.Current != 0 || t.Waiters != 0 {
			e.w.T.Errorf("%v: throttle %q is at %d with %d waiters after the shutdown", e.Name,
				t.Name, t.Current, t.Waiters)
		}
	}
	if d.Queue.Events+d.Queue.Messages+d.Queue.Local != 0 {
		e.w.T.Errorf("%v: dispatch queue not empty after the shutdown: %+v", e.Name, d.Queue)
	}
	if len(d.Pipes) != 0 {
		e.w.T.Errorf("%v: pipes left after the shutdown: %+v", e.Name, d.Pipes)
	}
}

// ThrottlesAtZero reports whether nothing is taken from any throttle of the endpoint.
func (e *Endpoint) ThrottlesAtZero() bool {
	for _, t := range e.Messenger.Dump().Throttles {
		if t.Current != 0 || t.Waiters != 0 {
			return false
		}
	}
	return true
}

// idle reports whether nothing waits to be sent, acked or dispatched.
func (e *Endpoint) idle() bool {
	d := e.Messenger.Dump()
	if d.Queue.Events+d.Queue.Messages+d.Queue.Local != 0 {
		return false
	}
	for _, p := range d.Pipes {
		if p.Session != nil && p.Session.Queued+p.Session.Sent != 0 {
			return false
		}
	}
	return e.ThrottlesAtZero()
}

// Addr returns the address of the present life.
func (e *Endpoint) Addr() wire.EntityAddr { return e.Messenger.Addr() }

// Connect returns the connection with another endpoint.
func (e *Endpoint) Connect(to *Endpoint) *simplemsgr.Connection {
	e.w.T.Helper()
	c, err := e.Messenger.Connect(to.Messenger.Inst())
	if err != nil {
		e.w.T.Fatalf("%v: %v", e.Name, err)
	}
	e.log.seen(c)
	return c
}

// MarkDown marks a connection of the endpoint down, so that the oracle knows of it.
func (e *Endpoint) MarkDown(c *simplemsgr.Connection) {
	e.w.oracle.markedDown(e, c)
	c.MarkDown()
}

// Close closes a connection of the endpoint in an orderly way. Without an open socket that is a
// mark down.
func (e *Endpoint) Close(c *simplemsgr.Connection) {
	e.w.oracle.markedDown(e, c)
	c.Close()
}

// Pipe returns the snapshot of the only pipe there is with a peer, and false if there is none.
func (e *Endpoint) Pipe(peer *Endpoint) (pipe.Snapshot, bool) {
	for _, p := range e.Messenger.Dump().Pipes {
		if peer.owns(p.PeerAddr) && p.Session != nil {
			return p, true
		}
	}
	return pipe.Snapshot{}, false
}

// State returns the state of the pipe with a peer, "" if there is none.
func (e *Endpoint) State(peer *Endpoint) string {
	p, _ := e.Pipe(peer)
	return p.State
}

func (e *Endpoint) ip() netip.Addr { return netip.MustParseAddr(e.Host.String()) }

// owns reports whether an address is one of the endpoint's host.
func (e *Endpoint) owns(addr wire.EntityAddr) bool { return addr.IP == e.ip() }

// String returns the endpoint's name.
func (e *Endpoint) String() string { return e.Name.String() }
