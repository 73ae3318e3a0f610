package async

import (
	"context"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/socket"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// link is one socket of a carrier, from dial or accept to its end, and what is expected of it next:
// it reads until there are so many bytes, and goes on with the step that waits for them.
type link struct {
	session.Link
	c *carrier
	w *worker

	stream stream // nil before there is a socket
	remote net.Addr
	isShut atomic.Bool
	done   chan struct{} // closed when it is shut
	// ends the dialing; nil if there is none
	hangUp   atomic.Pointer[context.CancelFunc]
	deadline timer     // of the handshake, of silence, of the end after CLOSE
	active   time.Time // bytes came

	in     input
	want   int                  // bytes that next waits for
	next   func(b []byte) error // nil while nothing is expected
	into   []byte               // where they belong, if not into the buffer
	filled int                  // of into
	first  bool                 // these bytes begin something: the peer may end before them
	parked bool                 // something is under way beside the worker, or for a throttle
	// an error has come meanwhile: it is told when that is over
	failure      error
	failureStage protocol.Stage
	whenUnparked func() // the next link of the carrier waits for that
	inTurn       bool   // process runs
	queued       bool   // process is posted
	step         string // of the handshake, for errors
	// the stage that the link is in, and where others see it, as that of the reader or the writer:
	// as soon as it waits, for most pass in no time
	stage protocol.Stage
	cell  *atomic.Uint32
	quiet bool // it is open, and nobody looks at stages in which nothing waits

	failed  func(error, protocol.Stage) // what a fault means at present
	pending [][]byte                    // to be written before anything else
	flushed func(error)                 // called when that is done; nil while nothing is pending
	job     session.Job                 // of the batch that is being written

	message  reading
	withdraw func() // from the throttle that the link waits for; nil if there is none
}

func newLink(c *carrier, attempt int) *link {
	l := &link{Link: session.Link{Attempt: attempt, Events: c.events}, c: c, w: c.w,
		done: make(chan struct{})}
	l.Socket = l
	l.cell = &c.readerStage
	c.hold() // until close
	c.link = l
	return l
}

// linkOf returns the engine's side of a link, nil for nil.
func linkOf(l *session.Link) *link {
	if l == nil {
		return nil
	}
	return l.Socket.(*link)
}

// use takes an open socket, and tells of it. If the link was given up meanwhile the socket is
// closed: beside the worker, as that may be the user's code.
func (l *link) use(conn net.Conn, incoming bool) error {
	s := socket.Use(l.c.host, conn, l.c.id, l.Attempt)
	if l.isShut.Load() {
		l.c.begin(func() { _ = s.Close() })
		return session.ErrReplaced
	}
	l.remote = s.RemoteAddr()
	l.c.events.SocketOpened(incoming, s)
	stream, err := l.c.stream(s, conn, l)
	if err != nil {
		l.c.begin(func() { _ = s.Close() })
		return err
	}
	l.stream = stream
	l.Direct = s.Raw != nil
	return nil
}

// Shut implements session.Socket.
func (l *link) Shut() {
	if !l.isShut.CompareAndSwap(false, true) {
		return
	}
	close(l.done)
	l.cancel()
	l.w.post(l.close)
}

// close ends what the worker has of the link.
func (l *link) close() {
	defer l.c.release()
	l.w.unset(&l.deadline)
	l.next, l.pending = nil, nil
	if l.stream != nil {
		l.stream.close()
	}
	l.in.release()
	if f := l.flushed; f != nil {
		l.flushed = nil
		f(session.ErrReplaced)
	}
	l.fail(session.ErrReplaced) // who has waited for it goes on
}

// WriteNow implements session.Socket.
func (l *link) WriteNow(b []byte) (int, error) { return l.stream.writeNow(b) }

// enterStage notes a stage where all can see it.
func (l *link) enterStage(stage protocol.Stage) {
	l.stage = stage
	l.c.stage(l.cell, stage)
}

// free notes that the link has come to a stage, if nobody intercepts it there: then what follows
// needs no function of its own.
func (l *link) free(stage protocol.Stage) bool {
	if l.quiet {
		l.stage = stage
		return true
	}
	if l.c.config.Interceptor != nil {
		return false
	}
	l.stage = stage
	if !l.c.events.Quiet() {
		l.c.stage(l.cell, stage)
	}
	return true
}

// enter notes that the link has come to a stage, and goes on with then: at once, or when the
// interceptor lets it.
func (l *link) enter(stage protocol.Stage, tag wire.Tag, then func() error) error {
	l.enterStage(stage)
	if l.c.config.Interceptor == nil {
		return then()
	}
	b := l.breakpoint(stage, tag)
	l.park(func() error { return session.Intercept(l.c.host, b) }, func(err error) error {
		if err != nil {
			return err
		}
		return then()
	})
	return nil
}

func (l *link) breakpoint(stage protocol.Stage, tag wire.Tag) session.Breakpoint {
	return session.Breakpoint{Pipe: l.c.id, Incoming: l.c.incoming, Peer: l.c.session.Peer().Addr,
		Stage: stage, Tag: tag,
		Attempt: l.Attempt, Done: l.done}
}

// park runs what may wait beside the worker, and goes on with then. Nothing is read meanwhile. If
// the link ends meanwhile, its end waits for work, so that nobody has more under way than one thing
// a link. Then is told by an error: what work has brought is to be given back, and nothing else to
// be done.
func (l *link) park(work func() error, then func(error) error) {
	l.parked = true
	l.c.beside(work, func(err error) {
		if err == nil && l.over() {
			err = session.ErrReplaced
		}
		l.unpark(func() error { return then(err) })
	})
}

// unpark goes on with then.
func (l *link) unpark(then func() error) {
	l.parked = false
	l.active = time.Now() // nobody has listened meanwhile
	err := then()
	if err == nil {
		err = l.failure
	}
	if err != nil {
		l.fail(err)
	} else {
		l.process()
	}
	if f := l.whenUnparked; f != nil && !l.parked {
		l.whenUnparked = nil
		f()
	}
}

// over reports whether the link was given up, or has failed.
func (l *link) over() bool { return l.failed == nil || l.isShut.Load() }

// awaitFirst is await for the bytes with which something begins.
func (l *link) awaitFirst(stage protocol.Stage, n int, next func(b []byte) error) error {
	if l.free(stage) {
		l.want, l.next, l.first = n, next, true
		return nil
	}
	return l.enter(stage, 0, func() error {
		l.want, l.next, l.first = n, next, true
		return nil
	})
}

// await expects n bytes in a stage.
func (l *link) await(stage protocol.Stage, tag wire.Tag, n int, next func(b []byte) error) error {
	if l.free(stage) {
		l.want, l.next = n, next
		return nil
	}
	return l.enter(stage, tag, func() error {
		l.want, l.next = n, next
		return nil
	})
}

// awaitInto expects as many bytes as into has, to be read there.
func (l *link) awaitInto(into []byte, next func() error) {
	l.into, l.filled = into, 0
	l.want, l.next = len(into), func([]byte) error { return next() }
}

// readable is the read handler.
func (l *link) readable() {
	if !l.isShut.Load() {
		l.process()
	}
}

// turn is how many bytes a link may read before the others of its worker have their turn.
const turn = 1 << 20

// process goes on from the state that the link is in.
func (l *link) process() {
	if l.inTurn {
		return
	}
	l.inTurn = true
	err := l.processTurn()
	l.inTurn = false
	if l.failed != nil && l.cell.Load() != uint32(l.stage) {
		l.cell.Store(uint32(l.stage))
	}
	if err != nil {
		l.fail(err)
	}
}

func (l *link) processTurn() error {
	budget, moved := turn, false
	for l.next != nil && !l.parked && !l.isShut.Load() {
		if budget <= 0 {
			l.active = time.Now()
			l.yield()
			return nil
		}
		b, ready, n, err := l.take()
		budget, moved = budget-n, moved || n > 0
		switch {
		case err == errAgain:
			if moved { // and from now on it is silent; what was dispatched may have taken long
				l.active = time.Now()
			}
			l.in.relax()
			return nil
		case err != nil:
			return err
		case !ready:
			continue
		}
		next := l.next
		l.next, l.into, l.first = nil, nil, false
		if err := next(b); err != nil {
			return err
		}
	}
	if l.isShut.Load() && !l.parked {
		return session.ErrReplaced
	}
	return nil
}

// yield lets the others of the worker have their turn.
func (l *link) yield() {
	if !l.queued {
		l.queued = true
		l.w.post(func() {
			l.queued = false
			l.readable()
		})
	}
}

// take returns the bytes that are waited for, once they have come.
func (l *link) take() (b []byte, ready bool, n int, err error) {
	if l.into != nil {
		return l.takeInto()
	}
	if l.in.buffered() >= l.want {
		return l.in.next(l.want), true, l.want, nil
	}
	n, err = l.in.fill(l.c, l.stream, l.want)
	if err == io.EOF && (l.in.buffered() > 0 || !l.first) {
		err = io.ErrUnexpectedEOF
	}
	return nil, false, n, err
}

// takeInto reads to where the bytes belong: what was read ahead first.
func (l *link) takeInto() (b []byte, ready bool, n int, err error) {
	if m := l.in.buffered(); m > 0 {
		n = copy(l.into[l.filled:], l.in.next(min(m, len(l.into)-l.filled)))
	} else if l.filled < len(l.into) {
		if len(l.into)-l.filled >= l.in.ahead(l.c.config)/2 {
			n, err = l.in.fillBehind(l.c, l.stream, l.into[l.filled:])
		} else {
			_, err = l.in.fill(l.c, l.stream, 1)
		}
		if err == nil {
			l.in.filledAt = time.Now()
		}
	}
	l.filled += n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, l.filled == len(l.into), n, err
}

// lost implements owner.
func (l *link) lost(err error) { l.fail(err) }

// fail ends the link, once: now, or when what is under way beside the worker is over.
func (l *link) fail(err error) {
	f := l.failed
	if f == nil {
		return
	}
	if l.failure == nil {
		l.failure, l.failureStage = err, l.stage
	}
	l.next = nil
	if withdraw := l.withdraw; withdraw != nil {
		l.withdraw, l.parked = nil, false
		withdraw()
	}
	if l.parked {
		l.Shut()
		return
	}
	l.failed = nil
	f(l.failure, l.failureStage)
	l.Shut()
}

// expire sets the deadline.
func (l *link) expire(after time.Duration, err error) {
	if after <= 0 {
		l.w.unset(&l.deadline)
		return
	}
	l.w.set(&l.deadline, time.Now().Add(after), func() { l.fail(err) })
}

// errHandshakeTimeout is what a deadline of the system's says too.
var errHandshakeTimeout = os.ErrDeadlineExceeded

// inStep says in which step of the handshake an error has come.
func (l *link) inStep(err error) error {
	if l.step == "" {
		return err
	}
	return errors.WithMessage(err, l.step)
}
