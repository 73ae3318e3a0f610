package pipe

import (
	"time"

	"simplemessenger/protocol"
)

// runWriter is the writer goroutine. It lives as long as the pipe does: it connects, waits, and writes what the session has
// to say.
func (p *Pipe) runWriter() {
	p.mu.Lock()
	for p.state != protocol.Closed {
		switch {
		case p.state == protocol.Connecting:
			if pause := time.Until(p.retryAt); pause > 0 {
				p.sleep(pause, protocol.StageWriterBackoff)
			} else {
				p.connect()
			}
		case p.state == protocol.Wait:
			if patience := time.Until(p.retryAt); patience > 0 {
				p.sleep(patience, protocol.StageWriterWait)
			} else {
				p.afterFault(protocol.Violation("the connection that WAIT promised did not come"), protocol.StageWriterWait)
			}
		case p.state == protocol.Standby && protocol.LeavesStandby(p.policy.Rules(), p.session.hasWork()):
			p.session.LeaveStandby()
			p.setState(protocol.Connecting)
		case p.state == protocol.Standby:
			p.sleep(0, protocol.StageWriterStandby)
		case p.link != nil && p.session.outOfNumbers():
			l := p.link
			p.mu.Unlock()
			p.fault(l, protocol.ErrExhausted, protocol.StageWriterWait)
			p.mu.Lock()
		case p.writable():
			p.write()
		case p.sentLimitReached():
			p.events.sentLimitReached(p.session.out.sent.len(), p.session.out.sentBytes)
			p.session.roomChanged() // a reader that waits for room must read the acks
			p.sleep(0, protocol.StageWriterSentLimit)
		default:
			p.sleep(0, protocol.StageWriterWait)
		}
	}
	p.mu.Unlock()
	p.writerStage.Store(uint32(protocol.StageNone))
}

// writable reports whether there is something to write on the open socket. Called with p.mu held.
func (p *Pipe) writable() bool {
	s := p.session
	switch {
	case p.link == nil || p.link.writing:
		return false
	case p.link.unfinished != nil:
		return true
	case p.closeSent:
		return false
	}
	if s.out.queued > 0 && !p.sentLimitReached() || s.out.queued == 0 && p.endsOrderly() {
		return true
	}
	return s.Keepalive || s.KeepaliveAck || s.AckDue(p.policy.Lossy)
}

// sentLimitReached reports whether the peer owes so many acks that nothing more is sent until some come.
func (p *Pipe) sentLimitReached() bool {
	out := &p.session.out
	return out.queued > 0 && !p.closeCame && (out.sent.len() >= p.config.SentLimitMessages || out.sentBytes >= p.config.SentLimitBytes)
}

// write takes what is to be written, within the bounds of one write, and writes it. Called with p.mu held, which it releases meanwhile.
func (p *Pipe) write() {
	l := p.link
	b, left := l.unfinished, l.unfinished != nil
	l.unfinished = nil
	if !left {
		b = takeWriteBatch()
		p.fill(b)
	}
	l.writing = true
	p.mu.Unlock()

	stage := protocol.StageWriteFrames
	if b.close {
		stage = protocol.StageWriteClose
	}
	err := p.enter(&p.writerStage, stage, l, b.firstTag())
	switch {
	case err != nil:
	case left:
		err = l.finishDirectWrite(b)
	default:
		err = p.flush(l, b)
	}
	b.release()
	if err != nil {
		p.fault(l, err, stage)
	}
	p.mu.Lock()
	l.writing = false
}

// fill moves work from the session into the batch: control frames first, then messages in the order of their
// priority, until the write is large enough. A message of high priority that is queued later waits for no more than this. Called with p.mu
// held.
func (p *Pipe) fill(b *writeBatch) {
	s := p.session
	b.keepalive, s.Keepalive = s.Keepalive, false
	b.keepaliveAck, b.stamp = s.KeepaliveAck, s.keepaliveStamp
	s.KeepaliveAck = false
	if s.InSeq > s.InSeqAcked {
		b.ack, b.ackSeq = true, s.Ack()
	}
	for size := 0; size < maxWriteSize && len(b.messages) < maxWriteMessages && !p.sentLimitReached(); {
		e, ok := s.take(!p.policy.Lossy)
		if !ok {
			break
		}
		b.messages = append(b.messages, e)
		size += e.message.PayloadLen()
	}
	s.roomChanged()
	if p.endsOrderly() && s.out.queued == 0 {
		b.close, p.closeSent = true, true
	}
}
