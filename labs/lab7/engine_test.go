package lab7

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/async"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
	"simplemessenger/throttle"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// reference is this library's event engine: a messenger with it, on connections whose every byte
// the lab decides about. Its states are those that the trace tells, by the table of docs/async.md.
// It lives in a bubble of virtual time, in which a question is answered when nothing moves.
type reference struct {
	questions chan question
	answers   chan answer
}

type question struct {
	op   string
	args json.RawMessage
}

type answer struct {
	result json.RawMessage
	err    error
}

func newReference(t *testing.T) *reference {
	t.Helper()
	states := statesOfStages(t)
	r := &reference{make(chan question), make(chan answer)}
	go func() {
		synctest.Test(t, func(*testing.T) {
			var c *centre
			for q := range r.questions {
				if q.op == "centre" {
					c.end()
					c = newCentre(states, q.args)
				}
				result, err := c.do(q.op, q.args)
				r.answers <- answer{result, err}
			}
			c.end()
		})
		close(r.answers)
	}()
	return r
}

func (r *reference) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	r.questions <- question{op, args}
	a := <-r.answers
	return a.result, a.err
}

func (r *reference) Close() error {
	close(r.questions)
	<-r.answers
	return nil
}

// statesOfStages reads the table of states.
func statesOfStages(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/async.md")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) == 3 {
			states[cells[1]] = strings.TrimPrefix(cells[0], "| ")
		}
	}
	return states
}

// centre is a messenger with the event engine.
type centre struct {
	states    map[string]string
	messenger *simplemsgr.Messenger
	host      session.Host
	listener  *listener
	throttles map[string]*throttle.Throttle

	mu       sync.Mutex
	conns    map[int]*socket
	pipes    map[uint64]*socket // by number of the pipe
	accepted *socket            // whose pipe has no number yet
}

func newCentre(states map[string]string, args json.RawMessage) *centre {
	var limits map[string]int64
	if err := json.Unmarshal(args, &limits); err != nil {
		panic(err)
	}
	c := &centre{states: states, listener: &listener{conns: make(chan net.Conn),
		closed: make(chan struct{})}, conns: map[int]*socket{}, pipes: map[uint64]*socket{}}
	c.throttles = map[string]*throttle.Throttle{
		"messages": throttle.New("messages", limits["messages"]),
		"bytes":    throttle.New("bytes", limits["bytes"])}
	policy := simplemsgr.StatefulServer()
	policy.ThrottleMessages, policy.ThrottleBytes = c.throttles["messages"], c.throttles["bytes"]
	config := simplemsgr.Config{DefaultPolicy: &policy}
	config.Pipe.Tracer = c
	config.Queue.ThrottleBytes = cmp.Or(limits["dispatch"], -1)
	config.Engine = func(host session.Host) session.Engine {
		c.host = host
		return async.New(host)
	}
	c.messenger = simplemsgr.New(wire.OSD(0), config)
	c.messenger.AddDispatcher(simplemsgr.DispatcherFunc(c.dispatch))
	if err := cmp.Or(c.messenger.BindListener(c.listener), c.messenger.Start()); err != nil {
		panic(err)
	}
	c.throttles["dispatch"] = c.host.Dispatch().DispatchThrottle()
	synctest.Wait()
	return c
}

func (c *centre) end() {
	if c == nil {
		return
	}
	for name, t := range c.throttles { // what the lab holds
		_ = name
		t.SetMax(0)
	}
	for _, s := range c.conns {
		s.Close()
	}
	_ = c.messenger.Shutdown(context.Background())
}

// do has something happen, waits until all has come to rest, and says what was done.
func (c *centre) do(op string, args json.RawMessage) (json.RawMessage, error) {
	var e event
	if op != "centre" {
		if err := json.Unmarshal(args, &e); err != nil {
			return nil, err
		}
	}
	s := c.conns[e.Conn]
	switch op {
	case "centre":
	case "accept":
		s = newSocket(e.Conn, e.Room)
		c.mu.Lock()
		c.conns[e.Conn], c.accepted = s, s
		c.mu.Unlock()
		c.listener.conns <- s
	case "readable":
		s.change(func() { s.in = append(s.in, e.Data...) })
	case "writable":
		s.change(func() {
			if s.room += e.Room; e.Room < 0 {
				s.room = -1
			}
		})
	case "hangup":
		s.change(func() { s.ended = true })
	case "take":
		if !c.throttles[e.Throttle].TryGet(int64(e.N)) {
			return nil, errors.New("it does not fit")
		}
	case "give":
		c.throttles[e.Throttle].Put(int64(e.N))
	default:
		return nil, errors.Errorf("nothing answers %s", op)
	}
	synctest.Wait()
	return json.Marshal(c.report())
}

func (c *centre) report() result {
	r := result{Taken: map[string]int{}}
	c.mu.Lock()
	for _, s := range c.conns {
		s.mu.Lock()
		d := s.did
		d.Closed = d.Closed && !s.told
		s.told = s.told || d.Closed
		s.did = did{Conn: s.id, Closed: s.did.Closed}
		s.mu.Unlock()
		r.Did = append(r.Did, d)
	}
	c.mu.Unlock()
	slices.SortFunc(r.Did, func(a, b did) int { return a.Conn - b.Conn })
	for name, t := range c.throttles {
		r.Taken[name] = int(t.Current())
	}
	return r
}

// Trace implements trace.Tracer.
func (c *centre) Trace(rec trace.Record) {
	changed, ok := rec.Event.(trace.StageChanged)
	if !ok || changed.Goroutine != "reader" {
		return
	}
	state := c.states[changed.To.String()]
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.pipes[rec.Pipe]
	if s == nil {
		s, c.accepted = c.accepted, nil
		c.pipes[rec.Pipe] = s
	}
	if state != "" && state != s.state {
		s.state = state
		s.mu.Lock()
		s.did.States = append(s.did.States, state)
		s.mu.Unlock()
	}
}

// dispatch notes a message: its transaction id says which connection has sent it.
func (c *centre) dispatch(m *simplemsgr.Message) bool {
	c.mu.Lock()
	s := c.conns[int(m.TID)/1000]
	c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.did.Messages = append(s.did.Messages,
		message{m.Seq, m.TID, len(m.Front), len(m.Middle), len(m.Data)})
	return true
}

// listener hands out the sockets of the lab.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 6800} }

// socket gives what has come, and takes as much as there is room for.
type socket struct {
	id      int
	mu      sync.Mutex
	changed sync.Cond
	in      []byte
	room    int // negative for any amount
	ended   bool
	did     did
	told    bool   // that it is closed
	state   string // guarded by the centre's mu
}

func newSocket(id, room int) *socket {
	s := &socket{id: id, room: room, did: did{Conn: id}}
	s.changed.L = &s.mu
	return s
}

func (s *socket) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	s.changed.Broadcast()
}

func (s *socket) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.in) == 0 && !s.ended && !s.did.Closed {
		s.changed.Wait()
	}
	if s.did.Closed {
		return 0, net.ErrClosed
	}
	if len(s.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.in)
	s.in = s.in[n:]
	return n, nil
}

func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; ; s.changed.Wait() {
		if s.did.Closed {
			return n, net.ErrClosed
		}
		take := len(b) - n
		if s.room >= 0 {
			take = min(take, s.room)
			s.room -= take
		}
		s.did.Wrote = append(s.did.Wrote, b[n:n+take]...)
		if n += take; n == len(b) {
			return n, nil
		}
	}
}

func (s *socket) Close() error {
	s.change(func() { s.did.Closed = true })
	return nil
}

func (s *socket) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 6800}
}

func (s *socket) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(kitAddr) }

func (s *socket) SetDeadline(time.Time) error      { return nil }
func (s *socket) SetReadDeadline(time.Time) error  { return nil }
func (s *socket) SetWriteDeadline(time.Time) error { return nil }
