package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/errors"
)

const (
	// MessageOverhead is what a message that waits is counted with beside its payload: its own
	// memory and its place in a queue.
	MessageOverhead = 512
	// QueueReserve is what each out queue may always hold, whatever the others hold: a peer that
	// reads is answered although others do not.
	QueueReserve = 64 << 10
)

// cost returns what m counts while it waits.
func (m *Message) cost() int64 { return int64(m.PayloadLen()) + MessageOverhead }

// heldBytes counts what all out queues of a messenger hold, sent and unacked messages too. Counting
// never waits.
type heldBytes struct {
	bytes   atomic.Int64
	waiters atomic.Int32
	mu      sync.Mutex // a leaf
	// closed when something is released; nil if nobody has asked; guarded by mu
	room chan struct{}
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

// released returns a channel that is closed at the next release. Ask for it before looking whether
// there is room.
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
func (s *Session) hasRoomLocked(cost int64) bool {
	out, c := &s.out, s.config
	own := out.bytes + MessageOverhead*int64(out.queued)
	if out.queued > 0 {
		if c.QueueLimitBytes > 0 && own+cost > c.QueueLimitBytes ||
			c.QueueLimitMessages > 0 && out.queued >= c.QueueLimitMessages {
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
func (s *Session) roomChangedLocked() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// waitForRoom waits until the out queue takes a message of that cost, until done, or, for a reader,
// until it is acks that would make room, which the reader has to read. Called without locks.
func (s *Session) waitForRoom(cost int64, reader bool, done <-chan struct{}) error {
	held := s.config.held
	held.waiters.Add(1)
	defer held.waiters.Add(-1)
	for {
		released := held.released()
		var room chan struct{}
		var err error
		s.do(func() { room, err = s.awaitRoomLocked(cost, reader) })
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-released:
		case <-done:
			return errDone
		}
	}
}

var errDone = errors.New("done waiting for room")

// awaitRoomLocked returns a channel that is closed when there is more room, nil if it need not be
// waited for.
func (s *Session) awaitRoomLocked(cost int64, reader bool) (chan struct{}, error) {
	switch {
	case s.refusesLocked():
		return nil, ErrClosed
	case reader && s.readsOnLocked(cost), !reader && s.hasRoomLocked(cost):
		return nil, nil
	}
	if s.room == nil {
		s.room = make(chan struct{})
	}
	return s.room, nil
}

// readsOnLocked reports whether a reader goes on that would rather see an answer of that cost find
// room: it does if there is room, and if acks of its peer have to be read before there can be more.
func (s *Session) readsOnLocked(cost int64) bool {
	awaitsAcks := s.out.queued == 0 && s.out.sent.len() > 0 || s.sentLimitReachedLocked()
	return awaitsAcks || s.hasRoomLocked(cost)
}

// ReadsOn reports whether StopReading would not wait.
func (s *Session) ReadsOn(l *Link, payload uint64) (free bool) {
	if !s.config.StopReading {
		return true
	}
	err := s.on(l, func() { free = s.readsOnLocked(int64(payload) + MessageOverhead) })
	return free || err != nil // who has lost the link finds out at its next step
}

// StopReading waits, with the next message still in the socket, until an answer of its payload has
// room in the out queue, or until done. Called by the reader of l without locks. Where
// Config.StopReading is off it does not wait.
func (s *Session) StopReading(l *Link, payload uint64, done <-chan struct{}) error {
	if s.ReadsOn(l, payload) {
		return nil
	}
	cost, start := int64(payload)+MessageOverhead, time.Now()
	if err := s.waitForRoom(cost, true, done); err != nil && err != ErrClosed {
		return ErrReplaced
	}
	l.Events.ThrottleWaited("out queue", cost, start)
	return nil
}

// WaitForRoom waits until the out queue has room for m, after Send has failed with ErrQueueFull.
// Others may be quicker: send in a loop. It returns ErrClosed if the connection is dead, and the
// cause of the end of ctx if that comes first. Do not call it in a dispatch: the connection may
// stop until that returns.
func (c *Connection) WaitForRoom(ctx context.Context, m *Message) error {
	if c.loopback != nil {
		return nil
	}
	err := c.session.waitForRoom(m.cost(), false, ctx.Done())
	if err == errDone {
		return errors.Wrap(context.Cause(ctx), "wait for room in the out queue")
	}
	return err
}
