package session

import (
	"context"

	"github.com/pkg/errors"
)

// flush waits for everything that was on its way when it began. What is sent with one priority
// stays in order, and so does what is written: so it waits for the last message of each queue.
type flush struct {
	waiting int // for so many messages
	err     error
	done    chan struct{}
}

// over is told that one of them is acked, written or lost.
func (f *flush) over(err error) {
	if err != nil {
		f.err = err
	}
	if f.waiting--; f.waiting == 0 {
		close(f.done)
	}
}

// waitFor adds a message that the flush waits for.
func (f *flush) waitFor(e *outgoing) {
	if e.fate == nil {
		e.fate = new(fate)
	}
	e.fate.flushes = append(e.fate.flushes, f)
	f.waiting++
}

// Flush waits until all messages that were sent before are acked by the peer's messenger or, in a
// lossy session, taken by the system. It returns a *LossError if some are lost, and the cause of
// the end of ctx if that ends first. It connects if that is needed, as the messages themselves do.
// Called in a dispatch it may wait for itself.
func (c *Connection) Flush(ctx context.Context) error {
	if c.loopback != nil {
		return c.Err()
	}
	f := &flush{done: make(chan struct{})}
	nothing := false
	c.session.do(func() {
		c.session.flushLocked(f)
		nothing = f.waiting == 0
	})
	if nothing {
		return c.Err()
	}
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return errors.Wrap(context.Cause(ctx), "flush")
	}
}

func (s *Session) flushLocked(f *flush) {
	out := &s.out
	if e := s.beingWrittenLocked(); e != nil {
		f.waitFor(e)
	}
	for _, q := range []*fifo{&out.sent, &out.requeued} {
		if n := q.len(); n > 0 {
			f.waitFor(q.at(n - 1))
		}
	}
	for i := range out.queues {
		if n := out.queues[i].len(); n > 0 {
			f.waitFor(out.queues[i].at(n - 1))
		}
	}
}

// moveFlushesLocked lets flushes go on that waited for a message that was withdrawn: they wait for
// the one before it in its queue or, if that is nil, for what has left the queue.
func (s *Session) moveFlushesLocked(f *fate, before *outgoing) {
	if len(f.flushes) == 0 {
		return
	}
	if before == nil {
		before = s.lastTakenLocked()
	}
	for _, w := range f.flushes {
		if before != nil {
			w.waitFor(before)
		}
		w.over(nil)
	}
}

// lastTakenLocked returns the last message that was taken for writing and of which it is not known
// what became of it; nil if there is none.
func (s *Session) lastTakenLocked() *outgoing {
	for _, q := range [...]*fifo{&s.out.requeued, &s.out.sent} {
		if n := q.len(); n > 0 {
			return q.at(n - 1)
		}
	}
	return s.beingWrittenLocked()
}

// beingWrittenLocked returns the last message of a lossy session that is being written, nil if none
// is.
func (s *Session) beingWrittenLocked() *outgoing {
	l := s.link
	if l == nil || l.batch == nil || !l.batch.only || len(l.batch.messages) == 0 {
		return nil
	}
	l.batch.watched = true
	return &l.batch.messages[len(l.batch.messages)-1]
}
