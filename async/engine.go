package async

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"simplemessenger/internal/socket"
	"simplemessenger/session"
)

// DefaultWorkers is how many workers an engine has, as in Ceph (ms_async_op_threads).
const DefaultWorkers = 3

// MaxWorkers is how many it may have.
const MaxWorkers = 64

// New makes an engine with DefaultWorkers. It is a value for simplemsgr.Config.Engine.
func New(host session.Host) session.Engine { return Options{}.New(host) }

// Options of an engine. The zero value is a good one.
type Options struct {
	// Workers is how many workers there are; 0 means DefaultWorkers. Not more than MaxWorkers are
	// made.
	Workers int
	// Pin keeps each worker on a thread of its own.
	Pin bool
	// BusyPoll is how long a worker that has nothing to do goes on asking for events before it
	// sleeps. It saves the time that waking a thread takes, and burns up to a processor for each
	// worker: give each end a processor of its own. Without one it is the slower way, by a
	// factor of ten. 0 is not at all.
	BusyPoll time.Duration
	// Portable leaves the system's epoll alone: every connection has goroutines that post, as where
	// there is none.
	Portable bool
}

// New makes an engine with these options. It is a value for simplemsgr.Config.Engine.
func (o Options) New(host session.Host) session.Engine {
	return &engine{host: host, config: host.Config(), workers: o.workers(host.Go)}
}

// Share returns what makes engines that share their workers, as all messengers of a process do in
// Ceph: for those who have many messengers of few connections each. The worker with the fewest
// references of all takes a connection. A worker's goroutine ends soon after the last, and begins
// anew with the next; a messenger's shutdown waits for what is its own. It waits for ever if it is
// called from a fast callback of another messenger of the share: the worker that it waits for is
// the one that calls. Use Close there.
func Share(o Options) func(session.Host) session.Engine {
	workers := o.workers(func(f func()) { go f() })
	for _, w := range workers {
		w.centre.stop() // whenever it is idle
	}
	return func(host session.Host) session.Engine {
		return &engine{host: host, config: host.Config(), workers: workers}
	}
}

func (o Options) workers(launch func(func())) (workers []*worker) {
	n := o.Workers
	if n <= 0 {
		n = DefaultWorkers
	}
	for i := range min(n, MaxWorkers) {
		workers = append(workers, newWorker(o, i, launch))
	}
	return workers
}

// engine implements session.Engine.
type engine struct {
	host    session.Host
	config  *session.Config
	workers []*worker
	inHand  sync.WaitGroup // references of this engine to workers
}

// pick returns the worker with the fewest references, with one more.
func (e *engine) pick() *worker {
	least := e.workers[0]
	for _, w := range e.workers[1:] {
		if w.references.Load() < least.references.Load() {
			least = w
		}
	}
	e.hold(least)
	return least
}

// hold and release count what a worker is still needed for: carriers, links, and what runs beside
// it and will post.
func (e *engine) hold(w *worker) {
	e.inHand.Add(1)
	w.hold()
}

func (e *engine) release(w *worker) {
	w.release()
	e.inHand.Done()
}

// Accept implements session.Engine.
func (e *engine) Accept(conn net.Conn) error {
	c := newCarrier(e, true)
	l := newLink(c, 1)
	c.serve(session.NewAccepting(e.host, c, &l.Link))
	l.Events = c.events
	c.hold() // until the socket has an owner: the session may end before
	if err := e.host.Table().Enter(c.session); err != nil {
		_ = socket.Use(e.host, conn, c.id, 1).Close()
		l.Shut()
		c.release()
		c.release()
		return err
	}
	c.w.post(func() {
		l.accept(conn)
		c.release()
	})
	return nil
}

// Carry implements session.Engine.
func (e *engine) Carry(s *session.Session) {
	c := newCarrier(e, false)
	c.serve(s)
	s.Attach(c)
	c.w.post(c.advance)
}

// Stop implements session.Engine.
func (e *engine) Stop() {
	for _, w := range e.workers {
		w.centre.stop()
	}
	e.inHand.Wait()
}

// worker serves connections: one goroutine and its event centre.
type worker struct {
	options Options
	index   int
	launch  func(func())
	*centre
	references atomic.Int64
	calls      atomic.Pointer[carrier] // on whose behalf it is in the user's code; nil if it is not
	buffers    buffers
}

func newWorker(o Options, index int, launch func(func())) *worker {
	w := &worker{options: o, index: index, launch: launch}
	w.centre = newCentre(func() bool { return w.references.Load() == 0 })
	w.busyPoll = o.BusyPoll
	return w
}

// hold counts a reference. The worker starts with the first.
func (w *worker) hold() {
	w.references.Add(1)
	if w.centre.begin() {
		w.launch(func() {
			if w.options.Pin {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			w.run()
		})
	}
}

func (w *worker) release() {
	if w.references.Add(-1) == 0 {
		w.post(func() {}) // it may be time to end
	}
}

// call runs what calls the user's code on behalf of a carrier, which may take its time.
func (w *worker) call(c *carrier, f func()) {
	w.calls.Store(c)
	f()
	w.calls.Store(nil)
}

// stream makes a socket that never waits of a connection.
func (c *carrier) stream(s socket.Socket, plain net.Conn, o owner) (stream, error) {
	if s.Raw != nil && !c.w.options.Portable {
		if f, err := c.w.watch(s, plain, o); err == nil || err != errNoPoller {
			return f, err
		}
	}
	return newGoSocket(s.Conn, o, c.w.post, c.begin), nil
}

// begin runs beside the worker what may wait, and which nobody waits for but the messenger's end.
func (c *carrier) begin(f func()) {
	c.hold()
	c.host.Go(func() {
		defer c.release()
		f()
	})
}
