package simplemsgr

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"simplemessenger/session"
	"simplemessenger/trace"
)

// guardUserCode puts the guard between the messenger and what its configuration brings of the
// user's code. Dispatchers are guarded where they are called, interceptors and connections by
// package pipe.
func (m *Messenger) guardUserCode() {
	c, g := &m.config, &m.guard
	tracers := slices.Clone(trace.Parts(c.Pipe.Tracer))
	if c.Logger != nil {
		tracers = append(tracers, trace.NewLogger(c.Logger))
	}
	if g.PassOn {
		c.Pipe.Tracer = trace.Multi(tracers...)
		return
	}
	for i, t := range tracers {
		guarded := &guardedTracer{tracer: t, guard: g}
		tracers[i], m.tracers = guarded, append(m.tracers, guarded)
		switch t := t.(type) {
		case trace.Metered:
			tracers[i] = guardedMetered{guarded, t.Meter()}
		case trace.Sparing:
			tracers[i] = guardedSparing{guarded, t}
		}
	}
	c.Pipe.Tracer = trace.Multi(tracers...)
	m.lastTracer = &guardedTracer{tracer: trace.NewLogger(slog.Default()), guard: g}
	if c.AuthClient != nil {
		c.AuthClient = guardedClient{c.AuthClient, g}
	}
	if c.AuthServer != nil {
		c.AuthServer = guardedServer{c.AuthServer, g}
	}
	if listen := c.Accepter.Listen; listen != nil {
		c.Accepter.Listen = func(ctx context.Context, network, address string) (l net.Listener,
			err error) {
			defer g.Recover("accepter.Config.Listen", nil, &err)
			l, err = listen(ctx, network, address)
			return guardListener(l, g), err
		}
	}
}

// tellPanic tells of a panic that was recovered: as an event, or in the default log if no tracer is
// left to be told.
func (m *Messenger) tellPanic(e *session.PanicError) {
	event := trace.Panicked{Entry: e.Entry, Value: fmt.Sprint(e.Value), Stack: string(e.Stack)}
	record := trace.Record{Time: time.Now(), Messenger: m.name, Connection: e.Connection,
		Event: event}
	told := false
	for _, t := range m.tracers {
		told = t.tell(record) || told
	}
	if !told {
		m.lastTracer.Trace(record)
	}
}

// guardedTracer does not call a tracer again that has panicked: it would do so at every event, and
// may have left a lock locked.
type guardedTracer struct {
	tracer trace.Tracer
	guard  *session.Guard
	broken atomic.Bool
}

func (t *guardedTracer) Trace(r trace.Record) { t.tell(r) }

// tell reports whether the tracer took the record.
func (t *guardedTracer) tell(r trace.Record) (took bool) {
	if t.broken.Load() {
		return false
	}
	defer t.guard.Recover("trace.Tracer", nil, nil) // tells the other tracers
	defer t.breakUnless(&took)
	t.tracer.Trace(r)
	took = true
	return took
}

// breakUnless is deferred around a call of the tracer.
func (t *guardedTracer) breakUnless(returned *bool) {
	if !*returned {
		t.broken.Store(true)
	}
}

// guardedMetered is the same for one that has messages counted. Counting is no code of the user's.
type guardedMetered struct {
	*guardedTracer
	meter *trace.Meter
}

func (t guardedMetered) Meter() *trace.Meter { return t.meter }

// guardedSparing is the same for one that does without frequent events at times.
type guardedSparing struct {
	*guardedTracer
	sparing trace.Sparing
}

func (t guardedSparing) WantsFrequent() (wants bool) {
	if t.broken.Load() {
		return false
	}
	asked := false
	defer t.guard.Recover("trace.Sparing", nil, nil)
	defer t.breakUnless(&asked)
	wants, asked = t.sparing.WantsFrequent(), true
	return wants
}

// guardedListener is a listener of the user's.
type guardedListener struct {
	net.Listener
	guard *session.Guard
}

// guardListener returns l itself if it is a plain socket.
func guardListener(l net.Listener, g *session.Guard) net.Listener {
	switch l.(type) {
	case nil, *net.TCPListener, *net.UnixListener:
		return l
	}
	if g.PassOn {
		return l
	}
	return guardedListener{l, g}
}

func (l guardedListener) Accept() (conn net.Conn, err error) {
	defer l.guard.Recover("net.Listener.Accept", nil, &err)
	return l.Listener.Accept()
}

func (l guardedListener) Close() (err error) {
	defer l.guard.Recover("net.Listener.Close", nil, &err)
	return l.Listener.Close()
}

func (l guardedListener) Addr() (a net.Addr) {
	a = &net.TCPAddr{}
	defer l.guard.Recover("net.Listener.Addr", nil, nil)
	return l.Listener.Addr()
}
