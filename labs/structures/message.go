package structures

import (
	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// Header is a message_header.
type Header struct {
	Seq           uint64 `json:"seq"`
	TID           uint64 `json:"tid"`
	Type          uint16 `json:"type"`
	Priority      uint16 `json:"priority"`
	Version       uint16 `json:"version"`
	FrontLen      uint32 `json:"front_len"`
	MiddleLen     uint32 `json:"middle_len"`
	DataLen       uint32 `json:"data_len"`
	DataOff       uint16 `json:"data_off"`
	Source        Name   `json:"src"`
	CompatVersion uint16 `json:"compat_version"`
	Reserved      uint16 `json:"reserved"`
	CRC           uint32 `json:"crc"`
}

// Footer is a message_footer; in the old form it has no signature.
type Footer struct {
	FrontCRC  uint32 `json:"front_crc"`
	MiddleCRC uint32 `json:"middle_crc"`
	DataCRC   uint32 `json:"data_crc"`
	Signature uint64 `json:"sig"`
	Flags     uint8  `json:"flags"`
}

// Layouts of header and footers.
var (
	HeaderLayout = grade.Layout{{"seq", 8}, {"tid", 8}, {"type", 2}, {"priority", 2},
		{"version", 2}, {"front_len", 4}, {"middle_len", 4}, {"data_len", 4}, {"data_off", 2},
		{"src.type", 1}, {"src.num", 8}, {"compat_version", 2}, {"reserved", 2}, {"crc", 4}}
	FooterLayout = grade.Layout{{"front_crc", 4}, {"middle_crc", 4}, {"data_crc", 4}, {"sig", 8},
		{"flags", 1}}
	OldFooterLayout = grade.Layout{{"front_crc", 4}, {"middle_crc", 4}, {"data_crc", 4},
		{"flags", 1}}
)

func (h Header) wire() wire.MessageHeader {
	return wire.MessageHeader{Seq: h.Seq, TID: h.TID, Type: h.Type, Priority: h.Priority,
		Version: h.Version, FrontLen: h.FrontLen, MiddleLen: h.MiddleLen, DataLen: h.DataLen,
		DataOff: h.DataOff, Source: h.Source.wire(), CompatVersion: h.CompatVersion,
		Reserved: h.Reserved, CRC: h.CRC}
}

// Bytes encodes it, with the checksum that is right, whatever CRC says.
func (h Header) Bytes() []byte {
	w := h.wire()
	return w.AppendWithCRC(nil)
}

// Sealed returns it with the checksum that is right.
func (h Header) Sealed() Header {
	w := h.wire()
	w.AppendWithCRC(nil)
	h.CRC = w.CRC
	return h
}

// DecodeHeader is the inverse of Bytes. A wrong checksum is an error.
func DecodeHeader(b []byte) (Header, error) {
	var w wire.MessageHeader
	if err := w.Decode(b); err != nil {
		return Header{}, err
	}
	if err := wire.CheckMessageHeaderCRC(b); err != nil {
		return Header{}, err
	}
	return Header{w.Seq, w.TID, w.Type, w.Priority, w.Version, w.FrontLen, w.MiddleLen, w.DataLen,
		w.DataOff, nameOf(w.Source), w.CompatVersion, w.Reserved, w.CRC}, nil
}

func (f Footer) wire() *wire.Footer {
	return &wire.Footer{FrontCRC: f.FrontCRC, MiddleCRC: f.MiddleCRC, DataCRC: f.DataCRC,
		Signature: f.Signature, Flags: wire.FooterFlags(f.Flags)}
}

func footerOf(w wire.Footer) Footer {
	return Footer{w.FrontCRC, w.MiddleCRC, w.DataCRC, w.Signature, uint8(w.Flags)}
}

// Bytes encodes it.
func (f Footer) Bytes() []byte { return f.wire().Append(nil) }

// OldBytes encodes it in the form without a signature.
func (f Footer) OldBytes() []byte { return f.wire().AppendOld(nil) }

// DecodeFooter is the inverse of Bytes.
func DecodeFooter(b []byte) (Footer, error) {
	var w wire.Footer
	err := w.Decode(b)
	return footerOf(w), err
}

// DecodeOldFooter is the inverse of OldBytes.
func DecodeOldFooter(b []byte) (Footer, error) {
	var w wire.Footer
	err := w.DecodeOld(b)
	return footerOf(w), err
}

// Message is a whole message without its signature: header, parts in hexadecimal, footer.
type Message struct {
	Header Header `json:"header"`
	Front  Hex    `json:"front"`
	Middle Hex    `json:"middle"`
	Data   Hex    `json:"data"`
	Footer Footer `json:"footer"`
}

// Layout takes the bytes apart.
func (m Message) Layout() grade.Layout {
	return Join(grade.Layout{{"tag", 1}}, Prefix("header.", HeaderLayout),
		grade.Layout{{"front", m.Front.Size()}, {"middle", m.Middle.Size()},
			{"data", m.Data.Size()}}, Prefix("footer.", FooterLayout))
}

// Complete returns it with the lengths, checksums and flags that are right for its parts.
func (m Message) Complete() Message {
	front, middle, data := m.Front.Bytes(), m.Middle.Bytes(), m.Data.Bytes()
	m.Header.FrontLen, m.Header.MiddleLen = uint32(len(front)), uint32(len(middle))
	m.Header.DataLen = uint32(len(data))
	m.Header = m.Header.Sealed()
	m.Footer = Footer{wire.CRC(0, front), wire.CRC(0, middle), wire.CRC(0, data), 0,
		uint8(wire.FooterComplete)}
	return m
}

// Bytes encodes it, as it stands.
func (m Message) Bytes() []byte {
	w := m.Header.wire()
	b := w.Append([]byte{byte(wire.TagMsg)})
	for _, part := range []Hex{m.Front, m.Middle, m.Data} {
		b = append(b, part.Bytes()...)
	}
	return m.Footer.wire().Append(b)
}

// DecodeMessage is the inverse of Bytes: the message at the front of b, whose parts have at most
// limit bytes. All checksums are looked at.
func DecodeMessage(b []byte, limit uint64) (m Message, err error) {
	if len(b) == 0 || wire.Tag(b[0]) != wire.TagMsg {
		return m, errors.New("no MSG")
	}
	b = b[1:]
	if m.Header, err = DecodeHeader(b); err != nil {
		return m, err
	}
	b = b[wire.MessageHeaderSize:]
	w := m.Header.wire()
	switch size := w.PayloadLen(); {
	case size > limit:
		return m, errors.Errorf("%d bytes of parts, at most %d are taken", size, limit)
	case size > uint64(len(b)):
		return m, errors.Errorf("%d bytes of parts, %d are there", size, len(b))
	}
	parts := []struct {
		to   *Hex
		size uint32
		crc  *uint32
	}{{&m.Front, w.FrontLen, &m.Footer.FrontCRC}, {&m.Middle, w.MiddleLen, &m.Footer.MiddleCRC},
		{&m.Data, w.DataLen, &m.Footer.DataCRC}}
	sums := make([]uint32, len(parts))
	for i, p := range parts {
		*p.to, sums[i] = HexOf(b[:p.size]), wire.CRC(0, b[:p.size])
		b = b[p.size:]
	}
	if m.Footer, err = DecodeFooter(b); err != nil {
		return m, err
	}
	for i, p := range parts {
		noCRC := i == 2 && m.Footer.Flags&uint8(wire.FooterNoCRC) != 0
		if !noCRC && *p.crc != sums[i] {
			return m, errors.Errorf("a part has the checksum %#x, the footer says %#x", sums[i],
				*p.crc)
		}
	}
	return m, nil
}
