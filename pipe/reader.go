package pipe

import (
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/wire"
)

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
			p.session.OweNothing(&l.Link)
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
	return p.session.AckReceived(&l.Link, seq)
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
	return p.session.KeepaliveReceived(&l.Link, tag, stamp)
}

// deliver gives a whole and valid message to the session, and hands it up unless that has it
// already.
func (p *Pipe) deliver(l *link, m *session.Message, dispatchSize int64) error {
	last := m.Seq == protocol.LastSeq
	take, err := p.session.Receive(&l.Link, m, dispatchSize, l.in.buffered() == 0)
	if !take {
		return err
	}
	err = p.enter(&p.readerStage, protocol.StageDispatch, l, wire.TagMsg)
	p.session.HandUp(m, dispatchSize) // m is the receiver's now
	if err == nil && last {
		return protocol.ErrExhausted
	}
	return err
}
