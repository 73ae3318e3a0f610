package simulator

import (
	"maps"
	"slices"
	"sync"

	"simplemessenger/dispatchqueue"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// oracle knows what was sent and checks what arrives.
type oracle struct {
	w *World

	mu      sync.Mutex // a leaf
	streams []*Stream
	closed  bool // the world ends: what is told from now on excuses nothing
	drained bool // nothing was on its way then
}

func (o *oracle) hasStreams() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.streams) > 0
}

func (o *oracle) close(drained bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.drained = true, drained
}

// streamRecord is what the oracle knows of a stream. Guarded by the oracle's lock.
type streamRecord struct {
	numbers map[uint64]bool // delivered
	// last is the latest number that came by a connection of the receiver's. One who marks the
	// connection down forgets what it has got; then, and only then, it may get some of it again.
	last map[*simplemsgr.Connection]uint64
	// excuses is how many gaps are allowed: one for each reset that either side was told of, crash,
	// or mark down.
	excuses int
}

func (o *oracle) newStream(e *Endpoint, c *simplemsgr.Connection) *Stream {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &Stream{Sender: e, Connection: c, life: e.life, id: uint32(len(o.streams) + 1)}
	s.record.numbers, s.record.last = map[uint64]bool{}, map[*simplemsgr.Connection]uint64{}
	o.streams = append(o.streams, s)
	return s
}

// delivered checks one message.
func (o *oracle) delivered(e *Endpoint, life int, m *simplemsgr.Message) {
	if m.Type != MessageType {
		return
	}
	l, ok := decodeLabel(m.Front)
	o.mu.Lock()
	defer o.mu.Unlock()
	if !ok || l.stream == 0 || int(l.stream) > len(o.streams) {
		o.w.T.Errorf("%v got a message that nobody sent: %v %x", e, m, m.Front)
		return
	}
	s := o.streams[l.stream-1]
	r := &s.record
	if last := r.last[m.Connection()]; l.number <= last {
		o.w.T.Errorf("%v (life %d) got message %d of stream %d of %v (life %d, epoch %d) behind "+
			"%d: sent twice, or out of order",
			e, life, l.number, l.stream, l.sender, l.life, l.epoch, last)
	}
	r.last[m.Connection()] = l.number
	r.numbers[l.number] = true
}

// told takes note of what excuses a gap.
func (o *oracle) told(e *Endpoint, event Event) {
	if event.Kind != dispatchqueue.KindReset && event.Kind != dispatchqueue.KindRemoteReset {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.streams {
		if s.Connection == event.Connection && event.Kind == dispatchqueue.KindRemoteReset {
			s.epoch++
		}
	}
	o.excuse(e, event.Connection)
}

func (o *oracle) markedDown(e *Endpoint, c *simplemsgr.Connection) {
	e.log.mu.Lock()
	e.log.historyOf(c).dropped = true
	e.log.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.excuse(e, c)
}

// crashed excuses a gap in every stream from or to the endpoint.
func (o *oracle) crashed(e *Endpoint) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.streams {
		if s.Sender == e || e.owns(s.Connection.PeerAddr()) {
			s.record.excuses++
		}
	}
}

// excuse allows a gap in the streams over a connection, which may be the sender's or the receiver's
// side of it.
func (o *oracle) excuse(e *Endpoint, c *simplemsgr.Connection) {
	if o.closed {
		return
	}
	for _, s := range o.streams {
		if s.Sender == e && s.Connection == c || s.Sender != e && s.Sender.owns(c.PeerAddr()) {
			s.record.excuses++
		}
	}
}

// verify checks what can be known only at the end.
func (o *oracle) verify() {
	o.w.T.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.streams {
		s.verify(o.w)
	}
	for _, e := range o.w.endpoints {
		e.log.verify(o.w)
	}
	o.verifyEvents()
}

// verify looks for gaps that nobody was told of.
func (s *Stream) verify(w *World) {
	w.T.Helper()
	got := slices.Sorted(maps.Keys(s.record.numbers))
	gaps, next := 0, uint64(1)
	for _, n := range got {
		if n > next {
			gaps++
		}
		next = n + 1
	}
	if w.oracle.drained && next <= s.sent { // else the rest may have been on its way
		gaps++
	}
	if gaps > s.record.excuses {
		w.T.Errorf("stream %d of %v to %v: %d sent, %d delivered, %d gaps, but only %d resets "+
			"were told: %v",
			s.id, s.Sender, s.Connection.PeerName(), s.sent, len(got), gaps, s.record.excuses,
			abridged(got))
	}
}

func abridged(numbers []uint64) []uint64 {
	if len(numbers) > 100 {
		return numbers[:100]
	}
	return numbers
}

// verify checks that the end of each connection was told once.
func (l *eventLog) verify(w *World) {
	w.T.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, h := range l.byConnection {
		switch {
		case c.IsLoopback():
		case h.resets > 1, h.resets == 0 && !h.dropped:
			w.T.Errorf("%v: connection %d with %v (%v), life %d: %d reset events, marked down by "+
				"the user: %v",
				l.endpoint, c.ID(), c.PeerName(), c.PeerAddr(), h.life, h.resets, h.dropped)
		}
	}
	ended := map[*simplemsgr.Connection]bool{}
	for _, event := range l.events {
		if ended[event.Connection] {
			w.T.Errorf("%v: connection %d: %v was told after its reset", l.endpoint,
				event.Connection.ID(), event.Kind)
		}
		ended[event.Connection] = event.Kind == dispatchqueue.KindReset
	}
}

// verifyEvents compares what happened with what was told.
func (o *oracle) verifyEvents() {
	o.w.T.Helper()
	type key struct {
		e    wire.EntityName
		what string
	}
	happened, told := map[key]int{}, map[key]int{}
	for _, r := range o.w.Records.Records() {
		switch e := r.Event.(type) {
		case trace.Opened:
			if e.Incoming {
				happened[key{r.Messenger, "accept"}]++
			} else {
				happened[key{r.Messenger, "connect"}]++
			}
		case trace.SessionReset:
			happened[key{r.Messenger, "remote_reset"}]++
		}
	}
	for _, e := range o.w.endpoints {
		for _, event := range e.Events() {
			told[key{e.Name, event.Kind.String()}]++
		}
		for _, what := range []string{"accept", "connect", "remote_reset"} {
			if k := (key{e.Name, what}); happened[k] != told[k] {
				o.w.T.Errorf("%v: %s happened %d times and was told %d times", e, what, happened[k],
					told[k])
			}
		}
	}
}
