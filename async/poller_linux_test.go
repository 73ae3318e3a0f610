package async

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"

	"simplemessenger/internal/socket"
)

// recording is an owner that notes what it is told.
type recording struct {
	readables, writables int
	gone                 error
}

func (r *recording) readable()      { r.readables++ }
func (r *recording) writable()      { r.writables++ }
func (r *recording) lost(err error) { r.gone = err }

// await is poller.wait of a poller that works.
func (p *poller) await(t *testing.T, timeout time.Duration) []event {
	t.Helper()
	ready, err := p.wait(timeout)
	if err != nil {
		t.Fatal(err)
	}
	return ready
}

// pair returns the two ends of a connection.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if far, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return near, far
}

// take has a poller watch a connection.
func take(t *testing.T, p *poller, conn net.Conn, o owner) *fdSocket {
	t.Helper()
	f, err := newFDSocket(socket.Use(&testHost{}, conn, 1, 1), conn, p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.close() })
	return f
}

// watched returns a socket that a poller watches, and the other end of it.
func watched(t *testing.T, p *poller) (*fdSocket, *recording, net.Conn) {
	t.Helper()
	near, far := pair(t)
	r := new(recording)
	return take(t, p, near, r), r, far
}

func newTestPoller(t *testing.T) *poller {
	t.Helper()
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// turnUntil handles what is ready until that is so.
func turnUntil(t *testing.T, p *poller, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		for _, e := range p.await(t, time.Second) {
			p.handle(e)
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// B1: an event of a socket that was closed meanwhile is dropped, whoever has its descriptor now.
func TestStaleEventIsDropped(t *testing.T) {
	p := newTestPoller(t)
	first, _, far := watched(t, p)
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	var stale []event
	turnUntil(t, p, "an event", func() bool {
		stale = append(stale, p.ready...)
		return len(stale) > 0 && stale[len(stale)-1].mask&unix.EPOLLIN != 0
	})
	fd := first.fd
	third, r, _ := watched(t, p)
	first.close()
	if err := unix.Dup3(third.fd, fd, unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	second := &fdSocket{poller: p, owner: r, fd: fd}
	if err := p.add(second); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.close() })
	*r = recording{}
	for _, e := range stale {
		p.handle(e)
	}
	if *r != (recording{}) {
		t.Errorf("its successor was told: %+v", r)
	}
}

// B4: data and hang-up come together: the data is read before the end.
func TestDataBeforeHangUp(t *testing.T) {
	p := newTestPoller(t)
	f, r, far := watched(t, p)
	if _, err := far.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	turnUntil(t, p, "an event", func() bool { return r.readables > 0 })
	b := make([]byte, 100)
	n, err := f.read(b)
	if string(b[:n]) != "last words" || err != nil {
		t.Fatalf("%q, %v", b[:n], err)
	}
	turnUntil(t, p, "the end", func() bool {
		_, err = f.read(b)
		return err != errAgain
	})
	if err != io.EOF {
		t.Errorf("want EOF, got %v", err)
	}
}

// B11, B12: nothing is told while nothing happens: neither of a socket that could be written, nor
// of one whose peer has gone.
func TestNothingHappensQuietly(t *testing.T) {
	p := newTestPoller(t)
	_, _, far := watched(t, p)
	_, _, _ = watched(t, p)
	_ = far.Close()
	quiet := 0
	for range 50 {
		if len(p.await(t, 5*time.Millisecond)) == 0 {
			quiet++
		}
	}
	if quiet < 45 {
		t.Errorf("%d of 50 waits ended without a cause", 50-quiet)
	}
}

// A short write is gone on with where it ended, once the socket takes more.
func TestShortWrite(t *testing.T) {
	p := newTestPoller(t)
	f, r, far := watched(t, p)
	piece := make([]byte, 1<<20)
	pieces := [][]byte{piece, piece, piece, piece, piece, piece, piece, piece, piece, piece}
	total, taken := len(pieces)*len(piece), 0
	n, err := f.write(pieces)
	if err != nil || n == 0 || n == total {
		t.Fatalf("%d of %d bytes taken, %v", n, total, err)
	}
	taken = n
	read := make(chan int64)
	go func() {
		n, _ := io.CopyN(io.Discard, far, int64(total))
		read <- n
	}()
	for taken < total {
		before := r.writables
		n, err := f.write([][]byte{make([]byte, total-taken)})
		if err != nil {
			t.Fatal(err)
		}
		if taken += n; n == 0 {
			turnUntil(t, p, "room", func() bool { return r.writables > before })
		}
	}
	if n := <-read; n != int64(total) {
		t.Errorf("%d of %d bytes arrived", n, total)
	}
}

// B2, B9: a socket is given up once; what is written to it afterwards is told so, and touches
// nobody else.
func TestClosedSocketTakesNothing(t *testing.T) {
	p := newTestPoller(t)
	f, _, _ := watched(t, p)
	f.close()
	f.close()
	if _, err := f.write([][]byte{{1}}); err != unix.EBADF {
		t.Errorf("write: %v", err)
	}
	if len(p.files) != 0 {
		t.Errorf("%d registrations left", len(p.files))
	}
}

// A wake ends a wait, also one that comes before it; many count as one.
func TestWake(t *testing.T) {
	p := newTestPoller(t)
	for range 3 {
		p.wake()
	}
	done := make(chan struct{})
	go func() {
		_, _ = p.wait(-1)
		close(done)
	}()
	<-done
	if ready := p.await(t, 10*time.Millisecond); len(ready) != 0 {
		t.Errorf("ready: %v", ready)
	}
}

// B14: an error of the waiting itself is not taken for nothing. The poller's connections are told,
// once, and the centre goes on.
func TestPollerThatFails(t *testing.T) {
	c := newCentre(always)
	p := newTestPoller(t)
	c.poller = p
	f, r, _ := watched(t, p)
	p.fd = -1
	if !c.sleep() {
		t.Error("the worker has ended")
	}
	if !errors.Is(r.gone, unix.EBADF) || c.poller != nil {
		t.Errorf("told %v, poller %p", r.gone, c.poller)
	}
	f.close()
	p.wakeFD = -1 // closed
	ran := false
	c.post(func() { ran = true })
	end := running(c)
	end()
	if !ran {
		t.Error("nothing posted is run any more")
	}
}

// What a user has done to his socket does not make the worker wait: taking its file leaves it
// blocking, and one that lingers waits at its end.
func TestSocketNeverWaits(t *testing.T) {
	p := newTestPoller(t)
	near, _ := pair(t)
	tcp := near.(*net.TCPConn)
	if err := tcp.SetLinger(60); err != nil {
		t.Fatal(err)
	}
	file, err := tcp.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_ = unix.SetNonblock(int(file.Fd()), false) // which Fd does too, up to some release
	f := take(t, p, near, new(recording))
	flags, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("flags %#x, %v: it blocks", flags, err)
	}
	linger, err := unix.GetsockoptLinger(f.fd, unix.SOL_SOCKET, unix.SO_LINGER)
	if err != nil || linger.Onoff != 0 {
		t.Errorf("it lingers for %d s, %v", linger.Linger, err)
	}
}

// A worker that was held up looks at its sockets before it looks at the clock: what has come by
// then was not late.
func TestFilesBeforeTimers(t *testing.T) {
	c := newCentre(always)
	p := newTestPoller(t)
	c.poller = p
	_, r, far := watched(t, p)
	if !c.sleep() { // takes the events of the beginning
		t.Fatal("ended")
	}
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	both := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	if n, err := unix.Poll(both, 60_000); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r.readables = 0
	var late timer
	seen := make(chan int, 1)
	c.post(func() { c.set(&late, time.Now().Add(-time.Hour), func() { seen <- r.readables }) })
	end := running(c)
	if n := <-seen; n != 1 {
		t.Errorf("%d told of what had come when the timer was called", n)
	}
	end()
}

// B13, with a poller: a wait for a part of a millisecond is no spin.
func TestWaitingForAPollerDoesNotSpin(t *testing.T) {
	c := newCentre(always)
	c.poller = newTestPoller(t)
	var late timer
	fired := make(chan struct{})
	c.post(func() {
		c.set(&late, time.Now().Add(900*time.Microsecond), func() { close(fired) })
	})
	end := running(c)
	<-fired
	end()
	if c.rounds > 5 {
		t.Errorf("%d rounds for one time event", c.rounds)
	}
}

// A busy worker asks again for as long as it was told to since something has happened.
func TestBusyPollEnds(t *testing.T) {
	c := newCentre(always)
	c.busyPoll, c.eventful = time.Hour, true
	if c.busy() {
		t.Error("without sockets there is nothing to ask for")
	}
	c.poller = newTestPoller(t)
	for range 2 {
		if !c.busy() {
			t.Error("something has happened, and it sleeps")
		}
	}
	c.busySince = c.busySince.Add(-2 * time.Hour)
	if c.busy() {
		t.Error("it goes on for ever")
	}
}
