package session

import (
	"time"

	"simplemessenger/protocol"
)

// Do is a kind of job.
type Do uint8

// The jobs of a carrier.
const (
	End     Do = iota // it serves the session no longer
	Sleep             // until it is woken, or for the pause
	Connect           // make one attempt to connect
	Write             // what the batch holds
)

// Job is what the carrier of a session does next, without the lock: etcd-raft's Ready, at the size
// of this protocol. All of it that needs the lock has been done.
type Job struct {
	Do    Do
	Stage protocol.Stage
	Link  *Link         // of a write; of a sleep, nil if there is no socket
	Batch *Batch        // of a write, and to be released
	Pause time.Duration // of a sleep; 0 until woken
	// Attempt numbers an attempt to connect, from 1: see Dial.
	Attempt int
}

// How much one write may hold. Small messages are gathered until they are worth the system call;
// beyond that a larger write would only make a message of high priority wait longer.
const (
	maxWriteSize     = 128 << 10
	maxWriteMessages = 256
)

// Next says what c is to do, and has done all of it that needs the lock. Called by the carrier's
// goroutine that writes, or for it.
func (s *Session) Next(c Carrier) (job Job) {
	s.do(func() {
		if s.carrier == c {
			job = s.nextLocked()
		}
	})
	return job
}

func (s *Session) nextLocked() Job {
	for {
		switch {
		case s.state == protocol.Closed:
			return Job{}
		case s.state == protocol.Connecting:
			if pause := time.Until(s.retryAt); pause > 0 {
				return s.sleepLocked(pause, protocol.StageWriterBackoff)
			}
			s.attempts++
			return Job{Do: Connect, Attempt: s.attempts}
		case s.state == protocol.Wait:
			if patience := time.Until(s.retryAt); patience > 0 {
				return s.sleepLocked(patience, protocol.StageWriterWait)
			}
			broken := protocol.Violation("the connection that WAIT promised did not come")
			s.afterFaultLocked(broken, protocol.StageWriterWait)
		case s.leavesStandbyLocked():
			s.numbers.LeaveStandby()
			s.setStateLocked(protocol.Connecting)
		case s.state == protocol.Standby:
			return s.sleepLocked(0, protocol.StageWriterStandby)
		case s.link != nil && s.numbers.OutOfNumbers(s.out.queued > 0):
			s.faultLocked(protocol.ErrExhausted, protocol.StageWriterWait)
		case s.writableLocked():
			return s.writeLocked()
		case s.sentLimitReachedLocked():
			s.events.sentLimitReached(s.out.sent.len(), s.out.sentBytes)
			s.roomChangedLocked() // a reader that waits for room must read the acks
			return s.sleepLocked(0, protocol.StageWriterSentLimit)
		default:
			return s.sleepLocked(0, protocol.StageWriterWait)
		}
	}
}

// leavesStandbyLocked reports whether a session that stands by is to be connected.
func (s *Session) leavesStandbyLocked() bool {
	return s.state == protocol.Standby &&
		protocol.LeavesStandby(s.policy.Rules(), s.hasWorkLocked())
}

func (s *Session) sleepLocked(pause time.Duration, stage protocol.Stage) Job {
	s.asleep = true
	return Job{Do: Sleep, Link: s.link, Pause: pause, Stage: stage}
}

// Awake ends a sleep. It reports whether Carrier.Wake was called, which may be at the very moment
// when the pause was over.
func (s *Session) Awake(c Carrier) (woken bool) {
	s.do(func() {
		woken = s.carrier != c || !s.asleep
		if !woken {
			s.asleep = false
		}
	})
	return woken
}

// writableLocked reports whether there is something to write on the open socket.
func (s *Session) writableLocked() bool {
	switch {
	case s.link == nil || s.link.writing:
		return false
	case s.link.unfinished != nil:
		return true
	case s.closeSent:
		return false
	}
	if s.out.queued > 0 && !s.sentLimitReachedLocked() ||
		s.out.queued == 0 && s.endsOrderlyLocked() {
		return true
	}
	return s.numbers.Keepalive || s.numbers.KeepaliveAck || s.numbers.AckDue(s.policy.Lossy)
}

// sentLimitReachedLocked reports whether the peer owes so many acks that nothing more is sent until
// some come.
func (s *Session) sentLimitReachedLocked() bool {
	return s.out.queued > 0 && !s.closeCame &&
		(s.out.sent.len() >= s.config.SentLimitMessages ||
			s.out.sentBytes >= s.config.SentLimitBytes)
}

// writeLocked takes what is to be written, within the bounds of one write, and the right to write
// it.
func (s *Session) writeLocked() Job {
	l := s.link
	job := Job{Do: Write, Link: l, Batch: l.unfinished, Stage: protocol.StageWriteFrames}
	l.unfinished = nil
	if job.Batch == nil {
		job.Batch = takeBatch()
		s.fillLocked(job.Batch)
	}
	if job.Batch.close {
		job.Stage = protocol.StageWriteClose
	}
	l.writing, l.batch = true, job.Batch
	return job
}

// fillLocked moves work from the session into the batch: control frames first, then messages in the
// order of their priority, until the write is large enough. A message of high priority that is
// queued later waits for no more than this.
func (s *Session) fillLocked(b *Batch) {
	n := &s.numbers
	b.keepalive = n.TakeKeepalive()
	b.keepaliveAck, b.stamp = n.TakeKeepaliveAck(), s.keepaliveStamp
	if n.InSeq > n.InSeqAcked {
		b.ack, b.ackSeq = true, n.Ack()
	}
	b.only = s.policy.Lossy
	for size := 0; size < maxWriteSize && len(b.messages) < maxWriteMessages &&
		!s.sentLimitReachedLocked(); {
		e, ok := s.takeLocked()
		if !ok {
			break
		}
		b.messages = append(b.messages, e)
		b.watched = b.watched || e.fate != nil
		size += e.message.PayloadLen()
	}
	s.roomChangedLocked()
	if s.endsOrderlyLocked() && s.out.queued == 0 {
		b.close, s.closeSent = true, true
	}
}

// Written gives the right to write back that came with a job, and releases its batch. If the write
// has failed the session knows that already: the link is its own no more.
func (s *Session) Written(l *Link, b *Batch) {
	s.do(func() { s.writtenLocked(l) })
	b.release()
}

// writtenLocked ends a write. In a lossy session that is the end of its messages. If the peer's
// CLOSE came meanwhile, and ours is now written, both have said all.
func (s *Session) writtenLocked(l *Link) {
	b := l.batch
	l.writing, l.batch = false, nil
	if b != nil && b.watched {
		for i := range b.messages {
			s.overLocked(b.messages[i].fate, nil)
		}
	}
	if s.closeSent && s.link == l {
		l.closeWritten = time.Now()
		if l.closesBehind {
			s.faultLocked(ErrPeerClosed, protocol.StageReadUntilEOF)
		}
	}
}
