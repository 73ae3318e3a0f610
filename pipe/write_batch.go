package pipe

import (
	"sync"
	"time"

	"simplemessenger/internal/frame"
	"simplemessenger/wire"
)

// How much one write may hold. Small messages are gathered until they are worth the system call; beyond that a larger write
// would only make a message of high priority wait longer.
const (
	maxWriteSize     = 128 << 10
	maxWriteMessages = 256
)

// writeBatch is what one write holds, and the memory to put it together. It comes from a pool, so that an idle pipe has
// none.
type writeBatch struct {
	keepalive    bool
	keepaliveAck bool
	stamp        wire.Timespec // of the keepalive ack
	ack          bool
	ackSeq       uint64
	messages     []outgoing
	close        bool

	// Of a batch that a direct write has left to the writer: how much of it is written, and what went wrong.
	written int
	err     error

	frames frame.Batch
}

var writeBatches = sync.Pool{New: func() any { return &writeBatch{frames: frame.NewBatch()} }}

func takeWriteBatch() *writeBatch { return writeBatches.Get().(*writeBatch) }

func (b *writeBatch) release() {
	clear(b.messages)
	b.frames.Reset()
	*b = writeBatch{messages: b.messages[:0], frames: b.frames}
	writeBatches.Put(b)
}

func (b *writeBatch) firstTag() wire.Tag {
	switch {
	case b.keepalive:
		return wire.TagKeepalive2
	case b.keepaliveAck:
		return wire.TagKeepalive2Ack
	case b.ack:
		return wire.TagAck
	case len(b.messages) > 0:
		return wire.TagMsg
	}
	return wire.TagClose
}

// flush encodes the batch and writes it. Called without locks.
func (p *Pipe) flush(l *link, b *writeBatch) error {
	p.appendControl(l, b)
	for i := range b.messages {
		parts := b.messages[i].message.parts()
		if !b.frames.Fits(&parts) {
			if err := b.send(l); err != nil {
				return err
			}
		}
		if err := p.appendMessage(l, b, &b.messages[i], &parts); err != nil {
			return err
		}
	}
	if b.close {
		b.frames.Close()
		p.events.closeSent()
	}
	return b.send(l)
}

// appendControl encodes the frames that go before messages.
func (p *Pipe) appendControl(l *link, b *writeBatch) {
	if b.keepalive {
		stamp := wire.NewTimespec(time.Now())
		tag := b.frames.Keepalive(&l.format, stamp)
		if tag == wire.TagKeepalive {
			stamp = wire.Timespec{}
		}
		p.events.keepaliveSent(tag, stamp)
	}
	if b.keepaliveAck {
		b.frames.KeepaliveAck(b.stamp)
		p.events.keepaliveSent(wire.TagKeepalive2Ack, b.stamp)
	}
	if b.ack {
		b.frames.Ack(b.ackSeq)
		p.events.ackSent(b.ackSeq)
	}
}

// appendMessage encodes one message. The message itself is only read: another pipe may be sending it too.
func (p *Pipe) appendMessage(l *link, b *writeBatch, e *outgoing, parts *frame.Parts) error {
	h := &b.frames.Header
	*h = e.message.Header()
	h.Seq, h.Source = e.seq, p.host.Name()
	if err := b.frames.Message(&l.format, parts); err != nil {
		return err
	}
	p.events.messageSent(h, e.resent)
	return nil
}

// send writes what has been put together so far: one write, or one gathering write if there are large parts.
func (b *writeBatch) send(l *link) error {
	var err error
	if whole, ok := b.frames.Bytes(); !ok {
		err = l.writeAll(b.frames.Pieces())
	} else if len(whole) > 0 {
		err = l.write(whole)
	}
	b.frames.Reset()
	return err
}
