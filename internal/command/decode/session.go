package decode

import (
	"fmt"

	"github.com/pkg/errors"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// tagSize is the size of a tagged frame other than MSG, the tag included, or 0 for a tag that has
// no place in an open session.
func tagSize(tag wire.Tag) int {
	switch tag {
	case wire.TagClose, wire.TagKeepalive:
		return 1
	case wire.TagAck:
		return 1 + wire.SeqSize
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		return 1 + wire.TimespecSize
	default:
	}
	return 0
}

func tagError(structure string, tag wire.Tag, what string) error {
	return &wire.DecodeError{
		Structure: structure, Field: "tag", Offset: 0,
		Err: errors.WithMessagef(wire.ErrInvalid, "%d (%v) %s", uint8(tag), tag, what),
	}
}

func (d *Decoder) stepTagged(s *side) bool {
	if len(s.buffer) == 0 {
		return false
	}
	tag := wire.Tag(s.buffer[0])
	if tag == wire.TagMsg {
		return d.stepMessage(s)
	}
	size := tagSize(tag)
	switch {
	case size == 0:
		what := "is for the negotiation"
		if !tag.Valid() {
			what = "is unknown"
		}
		s.stage, s.skipping = stageLost, skip{fault: tagError("frame", tag, what),
			note: "out of step"}
		return true
	case len(s.buffer) < size:
		return false
	}
	f := s.take(size, KindTagged)
	f.Tag = tag
	whole, body := structure{frame: f}, structure{frame: f, base: 1}
	whole.add("tag", 0, 1, uint8(tag), tag.String())
	switch tag {
	case wire.TagAck:
		seq, err := wire.DecodeSeq(f.Bytes[1:])
		f.fault(err)
		body.add("seq", 0, wire.SeqSize, Big(seq), "")
		f.Summary = fmt.Sprintf("seq %d", seq)
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		stamp, err := wire.DecodeTimespec(f.Bytes[1:])
		f.fault(err)
		body.timespec(stamp)
		f.Summary = fmt.Sprintf("stamp %d.%09d", stamp.Sec, stamp.Nsec)
	default:
	}
	d.emit(f)
	return true
}

// header is a message header in either form.
type header struct {
	wire.MessageHeader
	old *wire.MessageHeaderOld // nil for the usual form
	// size of the header, and crc what is wrong with its checksum.
	size int
	crc  error
}

// maxPayload is above anything that a messenger takes. A header that claims more is damaged.
const maxPayload = 1 << 30

// readHeader reads the header that stands in b behind the tag. Every release of the last ten years
// sends the usual form; the old one is believed only if its checksum is right.
func readHeader(b []byte) (h header, ok bool) {
	if h.Decode(b) != nil {
		return h, false
	}
	h.size, h.crc = wire.MessageHeaderSize, wire.CheckMessageHeaderCRC(b)
	if h.crc != nil && wire.CheckMessageHeaderOldCRC(b) == nil {
		h.old = new(wire.MessageHeaderOld)
		if h.old.Decode(b) == nil {
			return header{h.old.MessageHeader, h.old, wire.MessageHeaderOldSize, nil}, true
		}
		h.old = nil
	}
	if h.CRC == 0 {
		h.crc = nil // header checksums are switched off
	}
	return h, true
}

func (d *Decoder) stepMessage(s *side) bool {
	h, ok := readHeader(s.buffer[1:])
	switch {
	case !ok:
		return false
	case h.crc != nil && len(s.buffer) <= wire.MessageHeaderOldSize && !d.ended:
		return false // it may still be an old header
	case h.PayloadLen() > maxPayload:
		err := h.crc
		if err == nil {
			err = &wire.DecodeError{
				Structure: "message_header", Field: "front_len", Offset: 22,
				Err: errors.WithMessagef(wire.ErrTooLarge, "%d bytes of payload", h.PayloadLen()),
			}
		}
		s.stage, s.skipping = stageLost, skip{fault: err, note: "out of step"}
		return true
	}
	footerAt := 1 + h.size + int(h.PayloadLen())
	size := footerAt + d.footerSize
	if d.footerSize == 0 {
		if size, ok = d.findFooter(s.buffer, footerAt); !ok {
			return false
		}
	}
	if h.crc != nil {
		// The lengths may be wrong as well. They are believed if they lead to something that could
		// be a frame.
		v := follows(s.buffer, size, d.ended)
		if v == unknown {
			return false
		}
		if v == no || len(s.buffer) < size {
			s.stage, s.skipping = stageLost, skip{fault: h.crc, note: "out of step"}
			return true
		}
	}
	if len(s.buffer) < size {
		return false
	}
	d.footerSize = size - footerAt
	d.emit(s.takeMessage(h, footerAt, size))
	return true
}

// findFooter finds out the size of footers when the negotiation was not recorded: the one behind
// which a frame can follow. It returns the size of the whole frame.
func (d *Decoder) findFooter(b []byte, footerAt int) (size int, ok bool) {
	for _, footerSize := range []int{wire.FooterSize, wire.FooterOldSize} {
		switch follows(b, footerAt+footerSize, d.ended) {
		case unknown:
			return 0, false
		case yes:
			return footerAt + footerSize, true
		}
	}
	return footerAt + wire.FooterSize, true
}

// takeMessage makes a frame of the message at the front of the buffer.
func (s *side) takeMessage(h header, footerAt, size int) *Frame {
	f := s.take(size, KindTagged)
	f.Tag = wire.TagMsg
	f.message(h)
	f.fault(h.crc)
	footer, old := wire.Footer{}, size-footerAt == wire.FooterOldSize
	if old {
		f.fault(footer.DecodeOld(f.Bytes[footerAt:]))
	} else {
		f.fault(footer.Decode(f.Bytes[footerAt:]))
	}
	structure{f, footerAt, "footer."}.footer(footer, old)
	if footer.Flags&wire.FooterComplete == 0 {
		f.Note = "aborted by the sender: the receiver drops it"
		return f
	}
	f.checkParts(h, footer)
	return f
}

// message lists the header and the parts of a message, as far as the frame has them.
func (f *Frame) message(h header) {
	structure{frame: f}.add("tag", 0, 1, uint8(f.Tag), f.Tag.String())
	if h.old != nil {
		structure{frame: f, base: 1}.messageHeaderOld(h.old, f.Bytes[1:])
	} else {
		structure{frame: f, base: 1}.messageHeader(&h.MessageHeader)
	}
	at := 1 + h.size
	for _, part := range h.parts() {
		size := min(part.size, len(f.Bytes)-at)
		structure{frame: f}.opaque(part.name, at, size)
		at += size
	}
	f.Summary = fmt.Sprintf("%v, seq %d, from %v, %d bytes", messages.Type(h.Type), h.Seq, h.Source,
		h.PayloadLen())
}

type part struct {
	name string
	size int
}

func (h header) parts() []part {
	return []part{{"front", int(h.FrontLen)}, {"middle", int(h.MiddleLen)},
		{"data", int(h.DataLen)}}
}

// checkParts compares the checksums in the footer with the parts. A checksum of 0 over the front or
// the middle says that header checksums are switched off; for the data there is a flag.
func (f *Frame) checkParts(h header, footer wire.Footer) {
	sent := []uint32{footer.FrontCRC, footer.MiddleCRC, footer.DataCRC}
	at := 1 + h.size
	for i, part := range h.parts() {
		computed := wire.CRC(0, f.Bytes[at:at+part.size])
		at += part.size
		off := sent[i] == 0
		if part.name == "data" {
			off = footer.Flags&wire.FooterNoCRC != 0
		}
		if sent[i] != computed && !off {
			f.fault(&wire.DecodeError{
				Structure: "message_footer", Field: part.name + "_crc", Offset: 4 * i,
				Err: errors.WithMessagef(wire.ErrCRC, "sent %#08x, computed %#08x", sent[i],
					computed),
			})
		}
	}
}

// partialTagged makes an incomplete frame of what is in the buffer.
func (s *side) partialTagged(why string) *Frame {
	f := s.take(len(s.buffer), KindTagged)
	f.Tag, f.Incomplete, f.Note = wire.Tag(f.Bytes[0]), true, why
	if f.Tag == wire.TagMsg {
		if h, ok := readHeader(f.Bytes[1:]); ok {
			f.message(h)
		}
	}
	return f
}
