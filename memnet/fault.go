package memnet

import "time"

// Action is what a fault does to the stream it is installed on.
type Action int

const (
	// Cut breaks the connection at the socket that performs the I/O: its reads
	// and writes fail with ECONNRESET. Its peer reads exactly what was sent
	// before, then ECONNRESET.
	Cut Action = iota
	// HalfClose ends the stream as if its sender had called CloseWrite: the
	// receiver reads io.EOF, the sender's writes fail with EPIPE. The other
	// direction goes on.
	HalfClose
	// Stall keeps the receiver from reading any further, until [Stream.Resume].
	// Nothing fails: writes go on until the stream is full.
	Stall
)

func (a Action) String() string {
	switch a {
	case Cut:
		return "cut"
	case HalfClose:
		return "half-close"
	case Stall:
		return "stall"
	}
	return "unknown action"
}

// place is the kind of event that a fault waits for.
type place int

const (
	atByte place = iota
	atWrite
	atRead
)

// Fault is an action that waits for its place in a stream.
type Fault struct {
	stream *Stream
	place  place
	n      int64
	action Action
	fired  chan struct{}
}

// Fired returns a channel that is closed when the fault's action has happened.
func (f *Fault) Fired() <-chan struct{} { return f.fired }

// HasFired tells whether the fault's action has happened. A test that moves a
// fault along a session is through when the fault no longer fires.
func (f *Fault) HasFired() bool {
	select {
	case <-f.fired:
		return true
	default:
		return false
	}
}

// AfterBytes installs a fault behind the first n bytes of the stream: those
// pass, the next one does not. A Write that contains more than these n bytes
// fails in its middle if the action is Cut or HalfClose. If n bytes have been
// sent already the action happens at once, behind what was sent.
func (s *Stream) AfterBytes(n int64, a Action) *Fault { return s.install(atByte, n, a) }

// AtWrite installs a fault at the sender's n-th write, counted from 1, or at its
// next one if that has passed. Nothing of the write gets through.
func (s *Stream) AtWrite(n int, a Action) *Fault { return s.install(atWrite, int64(n), a) }

// AtRead installs a fault at the receiver's n-th read, counted from 1, or at its
// next one if that has passed. A read counts when it begins, even if it has to
// wait. With Cut it is the receiver whose end breaks; with Cut and HalfClose
// what it has not read is dropped.
func (s *Stream) AtRead(n int, a Action) *Fault { return s.install(atRead, int64(n), a) }

// Cut does at once what [Stream.AfterBytes] with [Cut] does.
func (s *Stream) Cut() { s.install(atByte, 0, Cut) }

// CloseWrite does at once what [Stream.AfterBytes] with [HalfClose] does.
func (s *Stream) CloseWrite() { s.install(atByte, 0, HalfClose) }

// Stall keeps the receiver from reading anything, also what has arrived, until
// [Stream.Resume].
func (s *Stream) Stall() {
	n := s.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	s.stallAt(s.delivered)
}

// Resume ends a stall. What piled up is delivered. Faults that have not fired
// stay.
func (s *Stream) Resume() {
	n := s.conn.network
	n.mu.Lock()
	defer n.mu.Unlock()
	s.stalled = false
	s.to.readable.Broadcast()
	s.advance(time.Now())
}

func (s *Stream) install(p place, n int64, a Action) *Fault {
	net := s.conn.network
	net.mu.Lock()
	defer net.mu.Unlock()
	f := &Fault{stream: s, place: p, n: n, action: a, fired: make(chan struct{})}
	s.faults = append(s.faults, f)
	s.reachedByte()
	return f
}

// reachedByte fires the faults that wait for a byte which has been sent. Before
// the handshake is through they wait for its end.
func (s *Stream) reachedByte() {
	if s.from.open {
		s.fire(atByte, s.sent, s.from)
	}
}

func (s *Stream) beginWrite() {
	s.writes++
	s.fire(atWrite, int64(s.writes), s.from)
}

func (s *Stream) beginRead() {
	s.reads++
	s.fire(atRead, int64(s.reads), s.to)
}

// fire lets the faults act that wait for the n-th event of a kind or an earlier
// one; at is the socket that performs the I/O.
func (s *Stream) fire(p place, n int64, at *socket) {
	if len(s.faults) == 0 {
		return
	}
	var due, waiting []*Fault
	for _, f := range s.faults {
		if f.place == p && f.n <= n {
			due = append(due, f)
		} else {
			waiting = append(waiting, f)
		}
	}
	s.faults = waiting
	for _, f := range due {
		f.act(at)
		close(f.fired)
	}
}

func (f *Fault) act(at *socket) {
	s := f.stream
	switch f.action {
	case Cut:
		at.breakOff()
	case HalfClose:
		if at == s.to {
			s.truncate()
		} else {
			s.end()
		}
	case Stall:
		if at == s.to {
			s.stallAt(s.delivered)
		} else {
			s.stallAt(s.sent)
		}
	}
}

// stallAt stalls the stream behind its first n bytes, unless it is stalled
// earlier.
func (s *Stream) stallAt(n int64) {
	if s.stalled {
		n = min(n, s.limit)
	}
	s.stalled, s.limit = true, n
}

// truncate ends the stream at its receiver.
func (s *Stream) truncate() {
	s.ended, s.finArrived = true, true
	s.dropFlight()
	s.dropUnread()
	s.from.writable.Broadcast()
	s.to.readable.Broadcast()
}
