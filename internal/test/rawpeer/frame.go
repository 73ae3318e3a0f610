package rawpeer

import (
	"slices"

	"simplemessenger/wire"
)

// Frame is a frame of an open session.
type Frame struct {
	Tag   wire.Tag
	Seq   uint64        // of an ACK
	Stamp wire.Timespec // of KEEPALIVE2 and KEEPALIVE2_ACK

	// Of a MSG.
	Header              wire.MessageHeader
	Front, Middle, Data []byte
	Footer              wire.Footer
}

// Message returns the whole frame of a message with these parts. Sequence number, lengths, source
// and checksums are filled in where h has zeros.
func (p *Peer) Message(h wire.MessageHeader, front, middle, data []byte) []byte {
	if h.Seq == 0 {
		h.Seq = p.OutSeq + 1
	}
	p.OutSeq = h.Seq
	if h.Source == (wire.EntityName{}) {
		h.Source = p.Name
	}
	if h.Priority == 0 {
		h.Priority = wire.PriorityDefault
	}
	h.FrontLen, h.MiddleLen, h.DataLen = uint32(len(front)), uint32(len(middle)), uint32(len(data))
	b := h.AppendWithCRC([]byte{byte(wire.TagMsg)})
	b = append(b, front...)
	b = append(b, middle...)
	b = append(b, data...)
	f := wire.Footer{FrontCRC: wire.CRC(0, front), MiddleCRC: wire.CRC(0, middle),
		DataCRC: wire.CRC(0, data), Flags: wire.FooterComplete}
	return p.appendFooter(b, f)
}

// Header returns a frame that ends with the header, whose checksum is right, whatever lengths it
// claims.
func (p *Peer) Header(h wire.MessageHeader) []byte {
	return h.AppendWithCRC([]byte{byte(wire.TagMsg)})
}

func (p *Peer) appendFooter(b []byte, f wire.Footer) []byte {
	if p.Features.Has(wire.FeatureMsgAuth) {
		return f.Append(b)
	}
	return f.AppendOld(b)
}

// SendMessage sends a message of that type with a front part.
func (p *Peer) SendMessage(typ uint16, front string) {
	p.t.Helper()
	p.Send(p.Message(wire.MessageHeader{Type: typ}, []byte(front), nil, nil))
}

// SendAck acks everything up to seq.
func (p *Peer) SendAck(seq uint64) {
	p.t.Helper()
	p.Send(wire.AppendSeq([]byte{byte(wire.TagAck)}, seq))
}

// SendSeq writes our half of the exchange after SEQ.
func (p *Peer) SendSeq(seq uint64) {
	p.t.Helper()
	p.Send(wire.AppendSeq(nil, seq))
}

// ExpectSeq reads the other half.
func (p *Peer) ExpectSeq() uint64 {
	p.t.Helper()
	seq, err := wire.DecodeSeq(p.Expect("a sequence number", wire.SeqSize))
	if err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	return seq
}

// SendKeepalive2 sends KEEPALIVE2, or KEEPALIVE2_ACK, with a stamp.
func (p *Peer) SendKeepalive2(tag wire.Tag, stamp wire.Timespec) {
	p.t.Helper()
	p.Send(stamp.Append([]byte{byte(tag)}))
}

// SendTag sends a frame that is only a tag, such as KEEPALIVE and CLOSE.
func (p *Peer) SendTag(tag wire.Tag) {
	p.t.Helper()
	p.Send([]byte{byte(tag)})
}

// ReadFrame reads the next frame, whichever it is.
func (p *Peer) ReadFrame() Frame {
	p.t.Helper()
	f := Frame{Tag: wire.Tag(p.Expect("a frame", 1)[0])}
	switch f.Tag {
	case wire.TagAck:
		f.Seq = p.ExpectSeq()
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		stamp, err := wire.DecodeTimespec(p.Expect("a stamp", wire.TimespecSize))
		if err != nil {
			p.t.Fatalf("rawpeer: %v", err)
		}
		f.Stamp = stamp
	case wire.TagKeepalive, wire.TagClose:
	case wire.TagMsg:
		p.readMessage(&f)
	default:
		p.t.Fatalf("rawpeer: expected a frame, got %v", f.Tag)
	}
	return f
}

func (p *Peer) readMessage(f *Frame) {
	p.t.Helper()
	b := p.Expect("a message header", wire.MessageHeaderSize)
	if err := wire.CheckMessageHeaderCRC(b); err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	if err := f.Header.Decode(b); err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	f.Front = p.Expect("the front part", int(f.Header.FrontLen))
	f.Middle = p.Expect("the middle part", int(f.Header.MiddleLen))
	f.Data = p.Expect("the data part", int(f.Header.DataLen))
	var err error
	if p.Features.Has(wire.FeatureMsgAuth) {
		err = f.Footer.Decode(p.Expect("a footer", wire.FooterSize))
	} else {
		err = f.Footer.DecodeOld(p.Expect("an old footer", wire.FooterOldSize))
	}
	if err != nil {
		p.t.Fatalf("rawpeer: %v", err)
	}
	if got := wire.CRC(0, f.Front); got != f.Footer.FrontCRC {
		p.t.Fatalf("rawpeer: front crc %#x, computed %#x", f.Footer.FrontCRC, got)
	}
	if got := wire.CRC(0, f.Middle); got != f.Footer.MiddleCRC {
		p.t.Fatalf("rawpeer: middle crc %#x, computed %#x", f.Footer.MiddleCRC, got)
	}
	if got := wire.CRC(0, f.Data); f.Footer.Flags&wire.FooterNoCRC == 0 && got != f.Footer.DataCRC {
		p.t.Fatalf("rawpeer: data crc %#x, computed %#x", f.Footer.DataCRC, got)
	}
	p.InSeq = f.Header.Seq
}

// ExpectFrame reads frames until one has the tag. Frames of the tags in skip may come before it;
// others fail the test.
func (p *Peer) ExpectFrame(tag wire.Tag, skip ...wire.Tag) Frame {
	p.t.Helper()
	for {
		f := p.ReadFrame()
		if f.Tag == tag {
			return f
		}
		if !slices.Contains(skip, f.Tag) {
			p.t.Fatalf("rawpeer: expected %v, got %v (seq %d, type %d)", tag, f.Tag,
				max(f.Seq, f.Header.Seq), f.Header.Type)
		}
	}
}

// ExpectMessage reads the next message, behind any acks and keepalives.
func (p *Peer) ExpectMessage() Frame {
	p.t.Helper()
	return p.ExpectFrame(wire.TagMsg, wire.TagAck, wire.TagKeepalive, wire.TagKeepalive2,
		wire.TagKeepalive2Ack)
}

// ExpectAck reads acks until one covers seq. Messages and keepalives before it are dropped.
func (p *Peer) ExpectAck(seq uint64) {
	p.t.Helper()
	for {
		f := p.ExpectFrame(wire.TagAck, wire.TagMsg, wire.TagKeepalive, wire.TagKeepalive2,
			wire.TagKeepalive2Ack)
		if f.Seq >= seq {
			return
		}
	}
}
