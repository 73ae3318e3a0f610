package pipe

import (
	"time"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// ackInterval is how many messages are read before the writer is woken to ack them although more are at hand.
const ackInterval = 64

// runReader is the reader goroutine of one socket.
func (p *Pipe) runReader(l *link) {
	err := p.readFrames(l)
	p.fault(l, err, protocol.Stage(p.readerStage.Load()))
	l.in.release()
	p.readerStage.Store(uint32(protocol.StageNone))
}

// readFrames reads until the socket or the session ends. It never returns nil.
func (p *Pipe) readFrames(l *link) error {
	for {
		if l.in.buffered() == 0 {
			p.oweNothing(l)
		}
		if err := p.enter(&p.readerStage, protocol.StageReadTag, l, 0); err != nil {
			return err
		}
		b, err := l.in.next(1)
		if err != nil {
			return err
		}
		switch tag := wire.Tag(b[0]); tag {
		case wire.TagMsg:
			err = p.readMessage(l)
		case wire.TagAck:
			err = p.readAck(l)
		case wire.TagKeepalive, wire.TagKeepalive2, wire.TagKeepalive2Ack:
			err = p.readKeepalive(l, tag)
		case wire.TagClose:
			return p.readClose(l)
		default:
			err = protocol.Violation("%v is not a frame of an open session", tag)
		}
		if err != nil {
			return err
		}
	}
}

// oweNothing sees to it that messages that were read get their ack before the reader waits for more.
func (p *Pipe) oweNothing(l *link) {
	if !l.ackOwed {
		return
	}
	l.ackOwed = false
	p.mu.Lock()
	if p.link == l && p.session.AckDue(p.policy.Lossy) {
		p.wakeWriterLocked()
	}
	p.mu.Unlock()
}

func (p *Pipe) readAck(l *link) error {
	if err := p.enter(&p.readerStage, protocol.StageReadAck, l, wire.TagAck); err != nil {
		return err
	}
	b, err := l.in.next(wire.SeqSize)
	if err != nil {
		return midway(err)
	}
	seq, err := wire.DecodeSeq(b)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link != l {
		return ErrReplaced
	}
	limited := p.sentLimitReachedLocked()
	n := p.session.out.ack(seq) // an ack of what was never sent acks all that was
	if n > 0 {
		p.session.progress()
	}
	if limited {
		p.wakeWriterLocked()
	}
	p.events.acked(seq, n)
	return nil
}

func (p *Pipe) readKeepalive(l *link, tag wire.Tag) error {
	if err := p.enter(&p.readerStage, protocol.StageReadKeepalive, l, tag); err != nil {
		return err
	}
	var stamp wire.Timespec
	if tag != wire.TagKeepalive {
		b, err := l.in.next(wire.TimespecSize)
		if err != nil {
			return midway(err)
		}
		if stamp, err = wire.DecodeTimespec(b); err != nil {
			return err
		}
	}
	now := time.Now()
	if tag == wire.TagKeepalive2Ack {
		l.connection.lastKeepaliveAck.Store(&now)
	} else {
		l.connection.lastKeepalive.Store(&now)
	}
	p.events.keepaliveReceived(tag, stamp) // who is told finds it noted
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link != l {
		return ErrReplaced
	}
	switch s := p.session; tag {
	case wire.TagKeepalive2:
		s.OweKeepaliveAck()
		s.keepaliveStamp = stamp
		p.wakeWriterLocked()
	case wire.TagKeepalive2Ack:
		s.KeepaliveAnswered()
	default: // KEEPALIVE wants no answer
	}
	return nil
}

// deliver takes a whole and valid message into the session, unless the session has it already, and hands it up.
func (p *Pipe) deliver(l *link, m *Message, dispatchSize int64) error {
	p.mu.Lock()
	if p.link != l {
		p.mu.Unlock()
		p.giveBack(m, dispatchSize)
		return ErrReplaced
	}
	s := p.session
	expected := s.InSeq + 1
	switch s.Receive(m.Seq, l.format.Features.Has(wire.FeatureReconnectSeq)) {
	case protocol.ReceiptDuplicate:
		l.ackOwed = l.ackOwed || s.AckDue(p.policy.Lossy)
		p.mu.Unlock()
		p.drop(m, dispatchSize, "duplicate")
		return nil
	case protocol.ReceiptGap:
		p.events.sequenceGap(expected, m.Seq)
	case protocol.ReceiptNext:
	}
	s.progress()
	c := s.connection
	renamed := m.Source != l.source
	if renamed {
		l.source, l.disputed = m.Source, !s.claim.Principal.Fits(m.Source)
	}
	m.SourceDisputed = l.disputed
	refused := l.disputed && p.policy.VerifySource
	m.connection = c
	l.ackOwed = true
	if m.Seq-s.InSeqAcked >= ackInterval && p.session.AckDue(p.policy.Lossy) {
		p.wakeWriterLocked()
	}
	if refused {
		p.mu.Unlock()
		p.drop(m, dispatchSize, "its source is not the peer's principal")
		return nil
	}
	last := m.Seq == protocol.LastSeq
	p.dispatching, p.dispatchingLast = true, l.in.buffered() == 0
	p.mu.Unlock()

	p.events.messageReceived(m)
	if renamed && !l.disputed {
		c.learnName(m.Source)
	}
	err := p.enter(&p.readerStage, protocol.StageDispatch, l, wire.TagMsg)
	p.handUp(m, dispatchSize) // m is the receiver's now

	p.mu.Lock()
	p.dispatching, p.dispatchingLast = false, false
	if p.dispatchIdle != nil {
		close(p.dispatchIdle)
		p.dispatchIdle = nil
	}
	lost := p.state == protocol.Closed && p.policy.Lossy && !p.endsOrderlyLocked()
	p.mu.Unlock()
	if lost {
		// The session ended meanwhile and its queue was emptied, perhaps before this message came into it.
		p.host.Dispatch().DiscardConnection(c.id)
	}
	if err == nil && last {
		return protocol.ErrExhausted
	}
	return err
}

// giveBack ends a message that is not delivered.
func (p *Pipe) giveBack(m *Message, dispatchSize int64) {
	if dispatchSize > 0 {
		p.host.Dispatch().DispatchThrottle().Put(dispatchSize)
	}
	m.Dispatched()
}

func (p *Pipe) drop(m *Message, dispatchSize int64, reason string) {
	p.events.messageDropped(m, reason)
	p.giveBack(m, dispatchSize)
}
