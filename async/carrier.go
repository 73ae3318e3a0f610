package async

import (
	"context"
	"sync/atomic"
	"time"

	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// carrier carries a session, over one link at a time. It belongs to a worker: everything but
// session.Carrier's methods is done by that one's goroutine.
type carrier struct {
	engine   *engine
	w        *worker
	host     session.Host
	config   *session.Config
	id       uint64
	incoming bool

	readerStage, writerStage atomic.Uint32 // a protocol.Stage each
	woken                    atomic.Bool   // advance is posted: once is enough

	session  *session.Session
	events   session.Events
	link     *link // the latest
	attempts int
	done     chan struct{} // for an interceptor: closed when it carries the session no longer
	pause    timer
	asleep   bool // the last job was to sleep
	ended    bool
	// a job is under way: an attempt to connect, what is left of a write, an interceptor
	busy      bool
	again     bool // advance was called meanwhile
	advancing bool
}

func newCarrier(e *engine, incoming bool) *carrier {
	c := &carrier{engine: e, w: e.pick(), host: e.host, config: e.config,
		id: e.host.NextPipeID(), incoming: incoming}
	if c.config.Interceptor != nil {
		c.done = make(chan struct{})
	}
	if incoming {
		c.attempts = 1
	}
	return c
}

// hold and release count what the worker is needed for.
func (c *carrier) hold()    { c.engine.hold(c.w) }
func (c *carrier) release() { c.engine.release(c.w) }

func (c *carrier) serve(s *session.Session) { c.session, c.events = s, s.EventsOf(c.id) }

// Where implements session.Placed.
func (c *carrier) Where() (state string, worker int) {
	reader, writer := c.Stages()
	return StateOf(reader, writer).String(), c.w.index
}

// ID implements session.Carrier.
func (c *carrier) ID() uint64 { return c.id }

// Stages implements session.Carrier.
func (c *carrier) Stages() (reader, writer protocol.Stage) {
	reader, writer = protocol.Stage(c.readerStage.Load()), protocol.Stage(c.writerStage.Load())
	if c.w.calls.Load() == c {
		reader = protocol.StageDispatch
	}
	return reader, writer
}

// HoldsUp implements session.Carrier. A worker that is in a callback reads nothing for anybody.
func (c *carrier) HoldsUp() bool {
	return c.w.calls.Load() != nil || protocol.Stage(c.readerStage.Load()).HoldsUp()
}

// Wake implements session.Carrier.
func (c *carrier) Wake() {
	if c.woken.CompareAndSwap(false, true) {
		c.w.post(c.wakeUp)
	}
}

// Leave implements session.Carrier.
func (c *carrier) Leave() {
	if c.done != nil {
		close(c.done)
	}
	c.w.post(c.advance)
}

// wakeUp is the wake-up handler.
func (c *carrier) wakeUp() {
	c.woken.Store(false)
	c.advance()
}

// jobsInTurn is how many jobs a carrier does before the others of its worker have their turn.
const jobsInTurn = 16

// advance does what the session says, as far as that goes without waiting.
func (c *carrier) advance() {
	c.again = true
	if c.advancing {
		return
	}
	c.advancing = true
	for n := 0; c.again && !c.busy && !c.ended; n++ {
		if n == jobsInTurn {
			c.w.post(c.advance)
			break
		}
		c.again = false
		c.nextJob()
	}
	c.advancing = false
}

func (c *carrier) nextJob() {
	if c.asleep {
		c.asleep = false
		c.w.unset(&c.pause)
		c.session.Awake(c)
	}
	switch j := c.session.Next(c); j.Do {
	case session.Connect:
		c.again = true
		c.connect(j.Attempt)
	case session.Write:
		c.again = true
		c.write(j)
	case session.Sleep:
		c.sleep(j)
	case session.End:
		c.end()
	}
}

// end gives the worker back.
func (c *carrier) end() {
	c.ended = true
	c.writerStage.Store(uint32(protocol.StageNone))
	c.release()
}

// sleep lets the session wake the carrier, or the clock.
func (c *carrier) sleep(j session.Job) {
	l := linkOf(j.Link)
	c.asleep = true
	if j.Pause > 0 {
		c.w.set(&c.pause, time.Now().Add(j.Pause), c.advance)
	}
	c.stage(&c.writerStage, j.Stage)
	if c.config.Interceptor == nil {
		return
	}
	c.busy = true
	c.intercept(l, j.Stage, 0, func(err error) {
		if err != nil && l != nil {
			c.session.Fault(&l.Link, err, j.Stage)
		}
		if c.busy = false; c.again {
			c.advance()
		}
	})
}

// jobDone goes on after a job that was under way.
func (c *carrier) jobDone() {
	c.busy = false
	c.advance()
}

// stage notes what the carrier does.
func (c *carrier) stage(cell *atomic.Uint32, stage protocol.Stage) {
	from := protocol.Stage(cell.Swap(uint32(stage)))
	if c.events.Quiet() {
		return
	}
	side := "writer"
	if cell == &c.readerStage {
		side = "reader"
	}
	c.events.StageChanged(side, from, stage)
}

// intercept runs the interceptor beside the worker, which it may hold up, and goes on with what it
// says.
func (c *carrier) intercept(l *link, stage protocol.Stage, tag wire.Tag, then func(error)) {
	b := session.Breakpoint{Pipe: c.id, Incoming: c.incoming, Peer: c.session.Peer().Addr,
		Stage: stage, Tag: tag,
		Attempt: c.attempts, Done: c.done}
	if l != nil {
		b.Attempt, b.Done = l.Attempt, l.done
	}
	c.beside(func() error { return session.Intercept(c.host, b) }, then)
}

// beside runs what may wait in a goroutine of its own, and goes on in the worker's.
func (c *carrier) beside(work func() error, then func(error)) {
	c.hold()
	c.host.Go(func() {
		err := work()
		c.w.post(func() {
			then(err)
			c.release()
		})
	})
}

// connect begins an attempt.
func (c *carrier) connect(number int) {
	c.attempts = number
	last := c.link
	l := newLink(c, number)
	l.cell = &c.writerStage
	ctx, cancel := context.WithTimeout(context.Background(), c.config.HandshakeTimeout)
	l.hangUp.Store(&cancel)
	if c.session.Dial(c, &l.Link) != nil {
		l.Shut()
		return // it was ended or taken over: the next job says so
	}
	c.busy = true
	a := &attempt{l: l, c: c}
	l.failed = a.fail
	if last != nil && last.parked {
		// A message of the last socket may still be on its way up. None may overtake it.
		last.whenUnparked = func() { a.dial(ctx) }
		return
	}
	a.dial(ctx)
}
