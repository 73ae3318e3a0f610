package vectors

import (
	"github.com/pkg/errors"

	"simplemessenger/wire"
)

func decodeTagged(b []byte) (f taggedFields, used int, err error) {
	if len(b) == 0 {
		return f, 0, errors.WithStack(need(b, 1))
	}
	f.Tag = b[0]
	switch wire.Tag(b[0]) {
	case wire.TagClose, wire.TagKeepalive:
		return f, 1, nil
	case wire.TagAck:
		n, err := wire.DecodeSeq(b[1:])
		f.Seq = (*dec64)(&n)
		return f, 9, err
	case wire.TagKeepalive2, wire.TagKeepalive2Ack:
		stamp, err := wire.DecodeTimespec(b[1:])
		f.Sec, f.Nsec = &stamp.Sec, &stamp.Nsec
		return f, 9, err
	default:
	}
	return f, 0, errors.Errorf("tag %v", wire.Tag(b[0]))
}

func (f taggedFields) encode() ([]byte, error) {
	b := []byte{f.Tag}
	if f.Seq != nil {
		b = wire.AppendSeq(b, uint64(*f.Seq))
	}
	if f.Sec != nil {
		b = wire.Timespec{Sec: *f.Sec, Nsec: *f.Nsec}.Append(b)
	}
	return b, nil
}

// decodeMessageParts reads what both forms of a message begin with.
func decodeMessageParts(b []byte) (f messagePartFields, h wire.MessageHeader, err error) {
	if err := need(b, 1+wire.MessageHeaderSize); err != nil {
		return f, h, err
	}
	if wire.Tag(b[0]) != wire.TagMsg {
		return f, h, errors.Errorf("tag %v", wire.Tag(b[0]))
	}
	if err := wire.CheckMessageHeaderCRC(b[1:]); err != nil {
		return f, h, err
	}
	if err := h.Decode(b[1:]); err != nil {
		return f, h, err
	}
	rest := b[1+wire.MessageHeaderSize:]
	if uint64(len(rest)) < h.PayloadLen() {
		return f, h, errors.WithMessagef(wire.ErrShort, "parts of %d bytes", h.PayloadLen())
	}
	cut := func(n uint32) (part []byte) { part, rest = rest[:n], rest[n:]; return part }
	f.Tag, f.Header = b[0], fromHeader(h)
	f.Front, f.Middle, f.Data = cut(h.FrontLen), cut(h.MiddleLen), cut(h.DataLen)
	return f, h, nil
}

// checkParts compares the checksums of a footer with the parts.
func (f messagePartFields) checkParts(footer wire.Footer) error {
	for _, part := range []struct {
		name string
		sent uint32
		b    []byte
	}{
		{"front", footer.FrontCRC, f.Front}, {"middle", footer.MiddleCRC, f.Middle},
		{"data", footer.DataCRC, f.Data},
	} {
		if crc := wire.CRC(0, part.b); part.sent != crc {
			return errors.Errorf("%s crc is %#08x, want %#08x", part.name, part.sent, crc)
		}
	}
	return nil
}

func (f messagePartFields) encodeParts() []byte {
	h := f.Header.header()
	b := h.AppendWithCRC([]byte{f.Tag})
	return append(append(append(b, f.Front...), f.Middle...), f.Data...)
}

// decodeMessage reads a whole MSG frame with a footer of 21 bytes, and checks everything that can
// be checked without a key.
func decodeMessage(b []byte) (f messageFields, used int, err error) {
	parts, h, err := decodeMessageParts(b)
	if err != nil {
		return f, 0, err
	}
	f.messagePartFields = parts
	at := 1 + wire.MessageHeaderSize + int(h.PayloadLen())
	var footer wire.Footer
	if err := footer.Decode(b[at:]); err != nil {
		return f, 0, err
	}
	f.Footer = fromFooter(footer)
	return f, at + wire.FooterSize, f.checkParts(footer)
}

func (f messageFields) encode() ([]byte, error) {
	footer := f.Footer.footer()
	return footer.Append(f.encodeParts()), nil
}

// decodeMessageOld is decodeMessage for peers without MSG_AUTH, whose footer has 13 bytes.
func decodeMessageOld(b []byte) (f messageOldFields, used int, err error) {
	parts, h, err := decodeMessageParts(b)
	if err != nil {
		return f, 0, err
	}
	f.messagePartFields = parts
	at := 1 + wire.MessageHeaderSize + int(h.PayloadLen())
	var footer wire.Footer
	if err := footer.DecodeOld(b[at:]); err != nil {
		return f, 0, err
	}
	f.Footer = fromFooterOld(footer)
	return f, at + wire.FooterOldSize, f.checkParts(footer)
}

func (f messageOldFields) encode() ([]byte, error) {
	footer := f.Footer.footer()
	return footer.AppendOld(f.encodeParts()), nil
}
