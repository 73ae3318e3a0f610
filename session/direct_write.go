package session

import (
	"simplemessenger/internal/frame"
	"simplemessenger/protocol"
)

// A direct write: what is sent while the last message at hand is dispatched is written where it is
// sent, if the carrier sleeps, the message is small and the socket takes it at once. With one
// request in flight that saves the hop from reader to writer, which wakes another processor where
// there is one. Where more messages are at hand more will be sent, and the writer gathers.
//
// Whoever writes to a link holds its right to write: link.writing. Send never waits: what the
// socket does not take, and an error, is left to the carrier.

// beginDirectWriteLocked takes the only queued message, m, and the right to write, if that may be
// done.
func (s *Session) beginDirectWriteLocked(m *Message) *Batch {
	l := s.link
	if !s.dispatchingLast || !s.asleep || s.state != protocol.Open || l == nil || l.writing ||
		!l.Direct ||
		s.out.queued != 1 || m.PayloadLen() > frame.MaxCopiedPart || s.sentLimitReachedLocked() ||
		s.numbers.OutOfNumbers(true) || s.config.Interceptor != nil {
		return nil
	}
	b := takeBatch()
	s.fillLocked(b)
	l.writing, l.batch = true, b
	return b
}

// directWrite writes the batch as far as the socket takes it. Called without locks.
func (s *Session) directWrite(l *Link, b *Batch) {
	b.appendControl(l)
	parts := b.messages[0].message.parts()
	// it fits: the buffer was empty
	n, err := 0, b.appendMessage(s.host.Name(), l, &b.messages[0], &parts)
	if err == nil {
		n, err = l.Socket.WriteNow(b.whole())
	}
	whole := err == nil && n == len(b.whole())
	s.do(func() {
		if whole {
			s.writtenLocked(l)
		} else {
			l.writing = false
			b.written, b.err = n, err
			l.unfinished = b
		}
		if s.link == l && s.writableLocked() {
			s.wakeLocked()
		}
	})
	if whole {
		b.release()
	}
}
