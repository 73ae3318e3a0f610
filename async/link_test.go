package async

import (
	"bytes"
	"io"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// slowStream takes a few bytes at a time, and has an endless input.
type slowStream struct {
	taken bytes.Buffer
	room  int
	reads int
}

func (s *slowStream) read(b []byte) (int, error) {
	s.reads++
	return len(b), nil
}

func (s *slowStream) readBoth(b, _ []byte) (int, error) { return s.read(b) }

func (s *slowStream) write(pieces [][]byte) (n int, err error) {
	for _, p := range pieces {
		m := min(len(p), s.room-n)
		s.taken.Write(p[:m])
		n += m
	}
	s.room = 0
	return n, nil
}

func (s *slowStream) writeNow(b []byte) (int, error) { return s.write([][]byte{b}) }
func (s *slowStream) close()                         {}

// testHost runs at once what is to run beside the worker.
type testHost struct {
	session.Host
	config session.Config
}

func (h *testHost) Config() *session.Config { return &h.config }
func (h *testHost) Name() wire.EntityName   { return wire.OSD(0) }
func (h *testHost) Guard() *session.Guard   { return new(session.Guard) }
func (h *testHost) NextPipeID() uint64      { return 1 }
func (*testHost) Go(f func())               { f() }

// testLink is a link of a worker that does not run: the test runs what is posted.
func testLink(s stream) *link {
	host := &testHost{config: session.Config{}.WithDefaults()}
	e := &engine{host: host, config: &host.config}
	e.workers = Options{Workers: 1}.workers(func(func()) {})
	c := newCarrier(e, true)
	l := newLink(c, 1)
	l.stream, l.failed = s, func(error, protocol.Stage) {}
	c.serve(session.NewAccepting(host, c, &l.Link))
	return l
}

// runPosted runs what was posted to a worker that does not run.
func (w *worker) runPosted() {
	for len(w.posted) > 0 {
		f := w.posted[0]
		w.posted = w.posted[1:]
		f()
	}
}

// What a write has left is written later, from where it ended, before anything else, and what
// follows it waits for that: a handshake goes on when its words are written.
func TestFlushGoesOnWhereItEnded(t *testing.T) {
	s := &slowStream{}
	l := testLink(s)
	want := "hello, world: this is written in small pieces"
	wentOn := 0
	err := l.write([]byte(want[:20]), func() error {
		wentOn++
		return l.write([]byte(want[20:]), func() error { wentOn++; return nil })
	})
	if err != nil || wentOn != 0 {
		t.Fatalf("%v, went on %d times before anything is written", err, wentOn)
	}
	for written := 0; l.flushed != nil; {
		s.room = 3
		l.writable()
		if written += 3; s.taken.Len() > written || wentOn > s.taken.Len()/20 {
			t.Fatalf("%d bytes written, went on %d times", s.taken.Len(), wentOn)
		}
	}
	if wentOn != 2 || s.taken.String() != want {
		t.Errorf("written %q, went on %d times", s.taken.String(), wentOn)
	}
	l.writable() // B8: with nothing to be written
}

// One connection with endless input does not hold up the others of its worker: it reads for a turn.
func TestEndlessInputYields(t *testing.T) {
	s := &slowStream{}
	l := testLink(s)
	l.in.give = &l.w.buffers
	steps := 0
	var step func([]byte) error
	step = func([]byte) error {
		steps++
		l.want, l.next = 1000, step
		return nil
	}
	l.want, l.next = 1000, step
	if err := l.processTurn(); err != nil {
		t.Fatal(err)
	}
	if read := s.reads * readAhead; read < turn/2 || read > 2*turn+readAhead {
		t.Errorf("%d bytes read in a turn of %d", read, turn)
	}
	if len(l.w.posted) != 1 || !l.queued {
		t.Errorf("%d posted: it goes on in its next turn", len(l.w.posted))
	}
	if steps == 0 {
		t.Error("nothing was done")
	}
}

// A throttle that is full calls when there is room (A14), and what it grants to a link that has
// failed meanwhile is given back.
func TestThrottleCalls(t *testing.T) {
	for _, late := range []bool{false, true} {
		l := testLink(&slowStream{})
		th := throttle.New("one", 1)
		th.TryGet(1)
		went := false
		err := l.get(th, 1, protocol.StageThrottleMessages, func() error {
			went = true
			return nil
		})
		if err != nil || went || !l.parked {
			t.Fatalf("err %v, went on %v, parked %v", err, went, l.parked)
		}
		th.Put(1)
		want := int64(1)
		if late {
			l.fail(io.EOF)
			want = 0
		}
		l.w.runPosted()
		if went == late || th.Current() != want || th.Waiters() != 0 {
			t.Errorf("failed first %v: went on %v, %d taken", late, went, th.Current())
		}
	}
}

// What ends in vain beside the worker is told so: nothing more is done for a link that has ended.
func TestParkedWhenItEnds(t *testing.T) {
	l := testLink(&slowStream{})
	var got error
	l.park(func() error { return nil }, func(err error) error {
		got = err
		return err
	})
	l.fail(io.EOF)
	l.w.runPosted()
	if !errors.Is(got, session.ErrReplaced) {
		t.Errorf("told %v", got)
	}
}

// B5: the bytes that a step is given stay its own while it runs, whatever becomes of the link, and
// their memory goes back once.
func TestBuffersGoBackOnce(t *testing.T) {
	l := testLink(&slowStream{})
	l.want, l.next = 10, func(b []byte) error {
		l.fail(io.EOF)
		l.fail(io.EOF)
		if got := l.w.buffers.get(); &got[0] == &b[0] {
			t.Error("somebody else has got the memory")
		}
		return io.EOF
	}
	l.process()
	l.w.runPosted()
	if n := len(l.w.buffers.free); n != 1 {
		t.Errorf("%d buffers have come back", n)
	}
}

// A13: who is woken twice before he has run is woken once.
func TestWokenTwiceIsOnce(t *testing.T) {
	l := testLink(&slowStream{})
	for range 3 {
		l.c.Wake()
	}
	if n := len(l.w.posted); n != 1 {
		t.Errorf("%d posted", n)
	}
	l.c.ended = true // the session of a test has no job
	l.w.runPosted()
	if l.c.Wake(); len(l.w.posted) != 1 {
		t.Error("once run it is not woken again")
	}
}
