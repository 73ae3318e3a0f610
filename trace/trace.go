package trace

import (
	"time"

	"simplemessenger/wire"
)

// Tracer receives the events of one or more messengers.
//
// Trace is called from the goroutines of the pipes, sometimes with a session locked. It must be
// quick, safe for concurrent use, and must not call the messenger. Slices within an event are valid
// only during the call.
type Tracer interface {
	Trace(Record)
}

// Func makes a Tracer of a function.
type Func func(Record)

// Trace calls f.
func (f Func) Trace(r Record) { f(r) }

// Multi returns a Tracer that hands each record to all of tracers, in order. Nil ones are left out;
// without any the result is nil. What a Metered one among them has is counted as it wants.
func Multi(tracers ...Tracer) Tracer {
	var kept multi
	for _, t := range tracers {
		kept = append(kept, Parts(t)...)
	}
	switch len(kept) {
	case 0:
		return nil
	case 1:
		return kept[0]
	}
	return kept
}

type multi []Tracer

func (m multi) Trace(r Record) {
	for _, t := range m {
		t.Trace(r)
	}
}

// Record is an event with its circumstances.
type Record struct {
	Time      time.Time
	Messenger wire.EntityName // whose event it is
	Pipe      uint64          // number of the pipe within the messenger; 0 if there is none
	// Connection is the number of the session's handle, which outlives pipes (Connection.ID of
	// package simplemsgr); 0 if there is none yet, as while a peer is not let in.
	Connection uint64
	PeerName   wire.EntityName // type known after the handshake; Num is wire.NumUnknown until then
	Peer       wire.EntityAddr // the address that the pipe is registered under; blank while unknown
	Event      Event
}

// Event is one of the types of this package.
type Event interface {
	// Name returns the name of the event's kind, such as "connect_sent".
	Name() string
}
