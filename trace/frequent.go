package trace

import "sync/atomic"

// Frequent reports whether an event of that type happens to each message, or nearly.
func Frequent(e Event) bool {
	switch e.(type) {
	case MessageSent, MessageReceived, Dispatched, StageChanged, AckSent, Acked:
		return true
	}
	return false
}

// Sparing is a Tracer that does without frequent events at times, as a logger does whose level is
// above that of debugging. It is asked when something happens that is not frequent.
type Sparing interface {
	Tracer
	WantsFrequent() bool
}

// FrequentTracer is who wants records of frequent events, if anybody does. A nil one is nobody.
type FrequentTracer struct {
	always    Tracer // nil for nobody
	sometimes []Sparing
	wanted    atomic.Bool // by one of those, when they were last asked
}

// Wanted reports whether a record of a frequent event is to be made.
func (f *FrequentTracer) Wanted() bool {
	return f != nil && (f.always != nil || f.wanted.Load())
}

// Ask asks those again who do not always want such records.
func (f *FrequentTracer) Ask() {
	if f == nil || len(f.sometimes) == 0 {
		return
	}
	wanted := false
	for _, t := range f.sometimes {
		wanted = t.WantsFrequent() || wanted
	}
	f.wanted.Store(wanted)
}

// Trace implements Tracer.
func (f *FrequentTracer) Trace(r Record) {
	if f.always != nil {
		f.always.Trace(r)
	}
	for _, t := range f.sometimes {
		t.Trace(r) // which looks for itself
	}
}

// Split returns who of t wants records of frequent events, nil for nobody, and where messages are
// counted.
func Split(t Tracer) (frequent *FrequentTracer, meters []*Meter) {
	var always []Tracer
	var sometimes []Sparing
	for _, t := range Parts(t) {
		metered, _ := t.(Metered)
		switch sparing, ok := t.(Sparing); {
		case metered != nil && metered.Meter() != nil:
			meters = append(meters, metered.Meter())
		case ok:
			sometimes = append(sometimes, sparing)
		default:
			always = append(always, t)
		}
	}
	if len(always)+len(sometimes) > 0 {
		frequent = &FrequentTracer{always: Multi(always...), sometimes: sometimes}
		frequent.Ask()
	}
	return frequent, meters
}

// Parts returns the tracers that Multi has made one of, t itself if it is only one.
func Parts(t Tracer) []Tracer {
	switch t := t.(type) {
	case nil:
		return nil
	case multi:
		return t
	}
	return []Tracer{t}
}
