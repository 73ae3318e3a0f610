package session

import "simplemessenger/protocol"

// send queues a message, and writes it if that can be done at once. What becomes of it d will tell,
// if it is not nil.
func (s *Session) send(m *Message, d *Delivery) (err error) {
	var l *Link
	var b *Batch
	s.do(func() {
		if err = s.queueLocked(m, d); err != nil {
			return
		}
		if b = s.beginDirectWriteLocked(m); b == nil {
			s.wakeLocked()
		}
		l = s.link
	})
	if b != nil {
		s.directWrite(l, b)
	}
	return err
}

// queueLocked puts a message into the out queue.
func (s *Session) queueLocked(m *Message, d *Delivery) error {
	switch {
	case s.refusesLocked():
		return ErrClosed
	case !s.hasRoomLocked(m.cost()):
		return ErrQueueFull
	}
	var f *fate
	if d != nil {
		f, d.life = &fate{delivery: d}, s.lifeLocked()
	}
	s.out.push(m, f)
	return nil
}

// refusesLocked reports whether nothing more can be sent.
func (s *Session) refusesLocked() bool {
	return s.state == protocol.Closed || s.leaving || s.endsOrderlyLocked()
}

func (s *Session) sendKeepalive() (err error) {
	s.do(func() {
		if s.state == protocol.Closed || s.state == protocol.Closing {
			err = ErrClosed
			return
		}
		s.numbers.AskKeepalive()
		s.wakeLocked()
	})
	return err
}

// markDisposable makes the session lossy.
func (s *Session) markDisposable() { s.do(func() { s.policy.Lossy = true }) }
