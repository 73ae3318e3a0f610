package frame

import "simplemessenger/wire"

const (
	// MaxCopiedPart: parts up to this size are copied into the batch's buffer; larger ones are
	// handed to the kernel where they are.
	MaxCopiedPart = 8 << 10
	// What frames take beside the parts of their messages.
	overhead = 1 + wire.MessageHeaderSize + wire.FooterSize
	// BufferSize is what the buffer of a batch holds: control frames and one message always fit
	// into an empty one.
	BufferSize = 64 << 10
)

// Parts are those of a message.
type Parts struct{ Front, Middle, Data []byte }

// Batch is memory in which frames are put together, to be written at once. It owns its buffer and
// only points to large parts: those must not change until the batch is reset. The zero value is an
// empty batch without a buffer.
type Batch struct {
	// Header is that of the message to be appended next, and of the latest one. It stands here,
	// with the footer, since what is handed to a Security would be allocated for each message.
	Header wire.MessageHeader
	footer wire.Footer

	buffer []byte   // headers, footers, small parts, back to back
	cutAt  int      // buffer[:cutAt] is in vector already
	vector [][]byte // pieces of buffer, and large parts, in the order of the wire
}

// NewBatch returns an empty batch with its buffer.
func NewBatch() Batch { return Batch{buffer: make([]byte, 0, BufferSize)} }

// Reset empties the batch. It keeps its buffer, and forgets all parts.
func (b *Batch) Reset() {
	clear(b.vector)
	*b = Batch{buffer: b.buffer[:0], vector: b.vector[:0]}
}

// Keepalive appends KEEPALIVE2 with a stamp, or KEEPALIVE if the peer does not know that. It
// returns the tag.
func (b *Batch) Keepalive(f *Format, stamp wire.Timespec) wire.Tag {
	if !f.Features.Has(wire.FeatureMsgrKeepalive2) {
		b.buffer = append(b.buffer, byte(wire.TagKeepalive))
		return wire.TagKeepalive
	}
	b.buffer = stamp.Append(append(b.buffer, byte(wire.TagKeepalive2)))
	return wire.TagKeepalive2
}

// KeepaliveAck appends the answer to a KEEPALIVE2 with that stamp.
func (b *Batch) KeepaliveAck(stamp wire.Timespec) {
	b.buffer = stamp.Append(append(b.buffer, byte(wire.TagKeepalive2Ack)))
}

// Ack appends an ack of all messages up to seq.
func (b *Batch) Ack(seq uint64) {
	b.buffer = wire.AppendSeq(append(b.buffer, byte(wire.TagAck)), seq)
}

// Close appends CLOSE.
func (b *Batch) Close() { b.buffer = append(b.buffer, byte(wire.TagClose)) }

// Fits reports whether a message has room. The buffer is never moved while pieces of it wait, so
// who finds that it does not fit writes what there is, and resets the batch.
func (b *Batch) Fits(p *Parts) bool {
	n := overhead
	for _, part := range [...][]byte{p.Front, p.Middle, p.Data} {
		if len(part) <= MaxCopiedPart {
			n += len(part)
		}
	}
	return cap(b.buffer)-len(b.buffer) >= n
}

// Message appends a message with the header b.Header, whose lengths are those of the parts, and
// which must fit. The parts are only read: somebody else may be sending them too. The error is that
// of the Security.
func (b *Batch) Message(format *Format, p *Parts) error {
	h, f := &b.Header, &b.footer
	*f = wire.Footer{Flags: wire.FooterComplete}
	b.buffer = append(b.buffer, byte(wire.TagMsg))
	if format.NoCRCHeader {
		b.buffer = h.Append(b.buffer)
	} else {
		b.buffer = h.AppendWithCRC(b.buffer)
		f.FrontCRC = wire.CRC(0, p.Front)
		f.MiddleCRC = wire.CRC(0, p.Middle)
	}
	if format.NoCRCData {
		f.Flags |= wire.FooterNoCRC
	} else {
		f.DataCRC = wire.CRC(0, p.Data)
	}
	b.part(p.Front)
	b.part(p.Middle)
	b.part(p.Data)
	if format.Security != nil {
		if err := format.Security.Sign(h, f); err != nil {
			return err
		}
	}
	if format.FooterSize() == wire.FooterSize {
		b.buffer = f.Append(b.buffer)
	} else {
		b.buffer = f.AppendOld(b.buffer)
	}
	return nil
}

func (b *Batch) part(part []byte) {
	if len(part) <= MaxCopiedPart {
		b.buffer = append(b.buffer, part...)
		return
	}
	b.cut()
	b.vector = append(b.vector, part)
}

// cut closes the piece of the buffer that is being filled.
func (b *Batch) cut() {
	if len(b.buffer) > b.cutAt {
		b.vector = append(b.vector, b.buffer[b.cutAt:])
		b.cutAt = len(b.buffer)
	}
}

// Bytes returns all frames in one piece, and false if there are large parts: then see Pieces. It is
// valid until the batch is changed.
func (b *Batch) Bytes() ([]byte, bool) { return b.buffer, len(b.vector) == 0 }

// Pieces returns the frames in pieces, in order. They are valid until the batch is reset.
func (b *Batch) Pieces() [][]byte {
	b.cut()
	return b.vector
}
