package pipe

import (
	"time"

	"simplemessenger/protocol"
)

// job is what the writer does next, without the lock.
type job struct {
	do func(*Pipe, job) // nil: the pipe is CLOSED

	link  *link
	batch *writeBatch   // of write
	left  bool          // write: a direct write has left it
	pause time.Duration // of sleep; 0 until woken
	stage protocol.Stage
	call  *call // of connect
}

// runWriter is the writer goroutine. It lives as long as the pipe does: it connects, waits, and writes what the session has
// to say.
func (p *Pipe) runWriter() {
	for {
		j := p.next()
		if j.do == nil {
			break
		}
		j.do(p, j)
	}
	p.writerStage.Store(uint32(protocol.StageNone))
}

// next says what is to be done, and has done all of it that needs the lock.
func (p *Pipe) next() job {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.state == protocol.Closed:
			return job{}
		case p.state == protocol.Connecting:
			if pause := time.Until(p.retryAt); pause > 0 {
				return p.sleepLocked(pause, protocol.StageWriterBackoff)
			}
			return job{do: (*Pipe).connect, call: p.callLocked()}
		case p.state == protocol.Wait:
			if patience := time.Until(p.retryAt); patience > 0 {
				return p.sleepLocked(patience, protocol.StageWriterWait)
			}
			p.afterFaultLocked(protocol.Violation("the connection that WAIT promised did not come"), protocol.StageWriterWait)
		case p.state == protocol.Standby && protocol.LeavesStandby(p.policy.Rules(), p.session.hasWork()):
			p.session.LeaveStandby()
			p.setStateLocked(protocol.Connecting)
		case p.state == protocol.Standby:
			return p.sleepLocked(0, protocol.StageWriterStandby)
		case p.link != nil && p.session.outOfNumbers():
			return job{do: (*Pipe).giveSocketUp, link: p.link}
		case p.writableLocked():
			return p.writeLocked()
		case p.sentLimitReachedLocked():
			p.events.sentLimitReached(p.session.out.sent.len(), p.session.out.sentBytes)
			p.session.roomChangedLocked() // a reader that waits for room must read the acks
			return p.sleepLocked(0, protocol.StageWriterSentLimit)
		default:
			return p.sleepLocked(0, protocol.StageWriterWait)
		}
	}
}

func (p *Pipe) giveSocketUp(j job) { p.fault(j.link, protocol.ErrExhausted, protocol.StageWriterWait) }

// writableLocked reports whether there is something to write on the open socket.
func (p *Pipe) writableLocked() bool {
	s := p.session
	switch {
	case p.link == nil || p.link.writing:
		return false
	case p.link.unfinished != nil:
		return true
	case p.closeSent:
		return false
	}
	if s.out.queued > 0 && !p.sentLimitReachedLocked() || s.out.queued == 0 && p.endsOrderlyLocked() {
		return true
	}
	return s.Keepalive || s.KeepaliveAck || s.AckDue(p.policy.Lossy)
}

// sentLimitReachedLocked reports whether the peer owes so many acks that nothing more is sent until some come.
func (p *Pipe) sentLimitReachedLocked() bool {
	out := &p.session.out
	return out.queued > 0 && !p.closeCame && (out.sent.len() >= p.config.SentLimitMessages || out.sentBytes >= p.config.SentLimitBytes)
}

// writeLocked takes what is to be written, within the bounds of one write, and the right to write it.
func (p *Pipe) writeLocked() job {
	l := p.link
	j := job{do: (*Pipe).write, link: l, batch: l.unfinished, left: l.unfinished != nil, stage: protocol.StageWriteFrames}
	l.unfinished = nil
	if !j.left {
		j.batch = takeWriteBatch()
		p.fillLocked(j.batch)
	}
	if j.batch.close {
		j.stage = protocol.StageWriteClose
	}
	l.writing = true
	return j
}

// write writes a batch.
func (p *Pipe) write(j job) {
	l, b := j.link, j.batch
	err := p.enter(&p.writerStage, j.stage, l, b.firstTag())
	switch {
	case err != nil:
	case j.left:
		err = l.finishDirectWrite(b)
	default:
		err = p.flush(l, b)
	}
	b.release()
	if err != nil {
		p.fault(l, err, j.stage)
	}
	p.mu.Lock()
	l.writing = false
	p.mu.Unlock()
}

// fillLocked moves work from the session into the batch: control frames first, then messages in the order of their
// priority, until the write is large enough. A message of high priority that is queued later waits for no more than this.
func (p *Pipe) fillLocked(b *writeBatch) {
	s := p.session
	b.keepalive = s.TakeKeepalive()
	b.keepaliveAck, b.stamp = s.TakeKeepaliveAck(), s.keepaliveStamp
	if s.InSeq > s.InSeqAcked {
		b.ack, b.ackSeq = true, s.Ack()
	}
	for size := 0; size < maxWriteSize && len(b.messages) < maxWriteMessages && !p.sentLimitReachedLocked(); {
		e, ok := s.take(!p.policy.Lossy)
		if !ok {
			break
		}
		b.messages = append(b.messages, e)
		size += e.message.PayloadLen()
	}
	s.roomChangedLocked()
	if p.endsOrderlyLocked() && s.out.queued == 0 {
		b.close, p.closeSent = true, true
	}
}
