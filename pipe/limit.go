package pipe

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

const (
	// MessageOverhead is what a message that waits is counted with beside its payload: its own memory and its place in a queue.
	MessageOverhead = 512
	// QueueReserve is what each out queue may always hold, whatever the others hold: a peer that reads is answered although others do not.
	QueueReserve = 64 << 10
)

// cost returns what m counts while it waits.
func (m *Message) cost() int64 { return int64(m.PayloadLen()) + MessageOverhead }

// heldBytes counts what all out queues of a messenger hold, sent and unacked messages too. Counting never waits.
type heldBytes struct {
	bytes   atomic.Int64
	waiters atomic.Int32
	mu      sync.Mutex    // a leaf
	room    chan struct{} // closed when something is released; nil if nobody has asked; guarded by mu
}

// add counts n more, or less. A nil counter counts nothing.
func (h *heldBytes) add(n int64) {
	if h == nil {
		return
	}
	h.bytes.Add(n)
	if n < 0 && h.waiters.Load() > 0 {
		h.mu.Lock()
		if h.room != nil {
			close(h.room)
			h.room = nil
		}
		h.mu.Unlock()
	}
}

// released returns a channel that is closed at the next release. Ask for it before looking whether there is room.
func (h *heldBytes) released() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.room == nil {
		h.room = make(chan struct{})
	}
	return h.room
}

// Held returns what the out queues of the messenger hold, as QueueLimitTotal counts it.
func (c *Config) Held() int64 { return c.held.bytes.Load() }

// hasRoomLocked reports whether the out queue takes a message of that cost.
func (p *Pipe) hasRoomLocked(cost int64) bool {
	out, c := &p.session.out, p.config
	own := out.bytes + MessageOverhead*int64(out.queued)
	if out.queued > 0 {
		if c.QueueLimitBytes > 0 && own+cost > c.QueueLimitBytes || c.QueueLimitMessages > 0 && out.queued >= c.QueueLimitMessages {
			return false
		}
	}
	if c.QueueLimitTotal > 0 && own+cost > QueueReserve {
		held := c.held.bytes.Load()
		return held == 0 || held+cost <= c.QueueLimitTotal
	}
	return true
}

// roomChangedLocked wakes those who wait for room in the session's out queue.
func (s *session) roomChangedLocked() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// waitForRoom waits until the out queue takes a message of that cost, until done, or, for a reader, until the writer waits for acks that
// the reader has to read. It returns errNotOwner if the session has gone to another pipe. Called without locks.
func (p *Pipe) waitForRoom(cost int64, reader bool, done <-chan struct{}) error {
	held := p.config.held
	held.waiters.Add(1)
	defer held.waiters.Add(-1)
	for {
		released := held.released()
		p.mu.Lock()
		s := p.session
		switch {
		case s == nil:
			p.mu.Unlock()
			return errNotOwner
		case p.state == protocol.Closed || p.closeQueued || p.closeCame:
			p.mu.Unlock()
			return ErrClosed
		case p.hasRoomLocked(cost), reader && p.sentLimitReachedLocked():
			p.mu.Unlock()
			return nil
		}
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		p.mu.Unlock()
		select {
		case <-room:
		case <-released:
		case <-done:
			return errDone
		}
	}
}

var errDone = errors.New("done waiting for room")

// stopReading waits, with the next message still in the socket, until an answer of its size has room in the out queue. Called by the
// reader of l without locks.
func (p *Pipe) stopReading(l *link, cost int64) error {
	p.mu.Lock()
	free := p.link != l || p.hasRoomLocked(cost)
	p.mu.Unlock()
	if free {
		return nil
	}
	start := time.Now()
	if err := p.waitForRoom(cost, true, l.done); err != nil && err != ErrClosed {
		return ErrReplaced
	}
	p.events.throttleWaited("out queue", cost, start)
	return nil
}

// WaitForRoom waits until the out queue has room for m, after Send has failed with ErrQueueFull. Others may be quicker: send in a
// loop. It returns ErrClosed if the connection is dead, and the error of ctx if that ends first. Do not call it in a dispatch: the
// connection may stop until that returns.
func (c *Connection) WaitForRoom(ctx context.Context, m *Message) error {
	for c.loopback == nil {
		p := c.pipe.Load()
		if p == nil {
			return ErrClosed
		}
		switch err := p.waitForRoom(m.cost(), false, ctx.Done()); err {
		case errNotOwner:
		case errDone:
			return errors.Wrap(ctx.Err(), "wait for room in the out queue")
		default:
			return err
		}
	}
	return nil
}
