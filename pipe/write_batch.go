package pipe

import (
	"sync"
	"time"

	"simplemessenger/wire"
)

// How much one write may hold. Small messages are gathered until they are worth the system call; beyond that a larger write
// would only make a message of high priority wait longer.
const (
	maxWriteSize     = 128 << 10
	maxWriteMessages = 256
	// Parts up to this size are copied into the batch's buffer; larger ones are handed to the kernel where they are.
	maxCopiedPart = 8 << 10
	// What frames take beside the parts of their messages.
	frameOverhead = 1 + wire.MessageHeaderSize + wire.FooterSize
	scratchSize   = 64 << 10
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

	// Of a batch that a direct write has left to the writer: how much of scratch is written, and what went wrong.
	written int
	err     error

	scratch []byte   // headers, footers, small parts, back to back
	flushed int      // scratch[:flushed] is in vector already
	vector  [][]byte // pieces of scratch, and large parts, in the order of the wire

	// Of the message being encoded: here, since what is handed to a Security would be allocated for each message.
	header wire.MessageHeader
	footer wire.Footer
}

var writeBatches = sync.Pool{New: func() any { return &writeBatch{scratch: make([]byte, 0, scratchSize)} }}

func takeWriteBatch() *writeBatch { return writeBatches.Get().(*writeBatch) }

func (b *writeBatch) release() {
	clear(b.messages)
	clear(b.vector)
	*b = writeBatch{messages: b.messages[:0], scratch: b.scratch[:0], vector: b.vector[:0]}
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
		// The buffer is never moved while pieces of it wait in the vector.
		if cap(b.scratch)-len(b.scratch) < copiedSize(b.messages[i].message) {
			if err := b.send(l); err != nil {
				return err
			}
		}
		if err := p.appendMessage(l, b, &b.messages[i]); err != nil {
			return err
		}
	}
	if b.close {
		b.scratch = append(b.scratch, byte(wire.TagClose))
		p.events.closeSent()
	}
	return b.send(l)
}

// appendControl encodes the frames that go before messages.
func (p *Pipe) appendControl(l *link, b *writeBatch) {
	if b.keepalive {
		p.appendKeepalive(l, b)
	}
	if b.keepaliveAck {
		b.scratch = append(b.scratch, byte(wire.TagKeepalive2Ack))
		b.scratch = b.stamp.Append(b.scratch)
		p.events.keepaliveSent(wire.TagKeepalive2Ack, b.stamp)
	}
	if b.ack {
		b.scratch = append(b.scratch, byte(wire.TagAck))
		b.scratch = wire.AppendSeq(b.scratch, b.ackSeq)
		p.events.ackSent(b.ackSeq)
	}
}

func (p *Pipe) appendKeepalive(l *link, b *writeBatch) {
	if !l.features.Has(wire.FeatureMsgrKeepalive2) {
		b.scratch = append(b.scratch, byte(wire.TagKeepalive))
		p.events.keepaliveSent(wire.TagKeepalive, wire.Timespec{})
		return
	}
	stamp := wire.NewTimespec(time.Now())
	b.scratch = append(b.scratch, byte(wire.TagKeepalive2))
	b.scratch = stamp.Append(b.scratch)
	p.events.keepaliveSent(wire.TagKeepalive2, stamp)
}

// appendMessage encodes one message. The message itself is only read: another pipe may be sending it too.
func (p *Pipe) appendMessage(l *link, b *writeBatch, e *outgoing) error {
	m := e.message
	h, f := &b.header, &b.footer
	*h = m.Header()
	h.Seq, h.Source = e.seq, p.host.Name()
	*f = wire.Footer{Flags: wire.FooterComplete}
	b.scratch = append(b.scratch, byte(wire.TagMsg))
	if p.config.DisableCRCHeader {
		b.scratch = h.Append(b.scratch)
	} else {
		b.scratch = h.AppendWithCRC(b.scratch)
		f.FrontCRC = wire.CRC(0, m.Front)
		f.MiddleCRC = wire.CRC(0, m.Middle)
	}
	if p.config.DisableCRCData {
		f.Flags |= wire.FooterNoCRC
	} else {
		f.DataCRC = wire.CRC(0, m.Data)
	}
	b.appendPart(m.Front)
	b.appendPart(m.Middle)
	b.appendPart(m.Data)
	if l.security != nil {
		if err := p.sign(l, h, f); err != nil {
			return err
		}
	}
	if l.footerSize() == wire.FooterSize {
		b.scratch = f.Append(b.scratch)
	} else {
		b.scratch = f.AppendOld(b.scratch)
	}
	p.events.messageSent(h, e.resent)
	return nil
}

// copiedSize returns how much of the batch's buffer a message takes.
func copiedSize(m *Message) int {
	n := frameOverhead
	for _, part := range [...][]byte{m.Front, m.Middle, m.Data} {
		if len(part) <= maxCopiedPart {
			n += len(part)
		}
	}
	return n
}

func (b *writeBatch) appendPart(part []byte) {
	if len(part) <= maxCopiedPart {
		b.scratch = append(b.scratch, part...)
		return
	}
	b.cut()
	b.vector = append(b.vector, part)
}

// cut closes the piece of the buffer that is being filled.
func (b *writeBatch) cut() {
	if len(b.scratch) > b.flushed {
		b.vector = append(b.vector, b.scratch[b.flushed:])
		b.flushed = len(b.scratch)
	}
}

// send writes what has been put together so far: one write, or one gathering write if there are large parts.
func (b *writeBatch) send(l *link) error {
	var err error
	if len(b.vector) == 0 {
		if len(b.scratch) > 0 {
			err = l.write(b.scratch)
		}
	} else {
		b.cut()
		err = l.writeAll(b.vector)
		clear(b.vector)
	}
	b.scratch, b.flushed, b.vector = b.scratch[:0], 0, b.vector[:0]
	return err
}
