package conformance

import (
	"encoding/binary"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// message is one as a case makes it: every field can be what no messenger would send.
type message struct {
	header              wire.MessageHeader
	front, middle, data []byte
	footer              wire.Footer
	headerCRC           *uint32
	lengths             map[string]uint32 // claimed in place of the true ones
	oldFooter           bool
	oldHeader           bool
	// sign signs it, once header and footer have their checksums; nil for no signature.
	sign func(*wire.MessageHeader, *wire.Footer) error
}

// set changes a field. It reports whether there is such a field.
func (m *message) set(name string, v script.Value) bool {
	n := v.Number
	switch name {
	case "seq":
		m.header.Seq = n
	case "tid":
		m.header.TID = n
	case "type":
		m.header.Type = uint16(n)
	case "priority":
		m.header.Priority = uint16(n)
	case "version":
		m.header.Version = uint16(n)
	case "compat_version":
		m.header.CompatVersion = uint16(n)
	case "data_off":
		m.header.DataOff = uint16(n)
	case "reserved":
		m.header.Reserved = uint16(n)
	case "src.type":
		m.header.Source.Type = wire.EntityType(n)
	case "src.num":
		m.header.Source.Num = int64(n)
	case "crc":
		crc := uint32(n)
		m.headerCRC = &crc
	case "front_len", "middle_len", "data_len":
		if m.lengths == nil {
			m.lengths = make(map[string]uint32)
		}
		m.lengths[name] = uint32(n)
	case "header":
		m.oldHeader = v.Text == "old"
	case "footer":
		m.oldFooter = v.Text == "old"
	default:
		return m.setPart(name, v)
	}
	return true
}

func (m *message) setPart(name string, v script.Value) bool {
	bytes := []byte(v.Text)
	if !v.IsText {
		bytes = make([]byte, min(v.Number, maxPart))
	}
	switch name {
	case "front":
		m.front = bytes
	case "middle":
		m.middle = bytes
	case "data":
		m.data = bytes
	default:
		return false
	}
	m.sum()
	return true
}

// sum fills in the checksums of the parts.
func (m *message) sum() {
	m.footer.FrontCRC = wire.CRC(0, m.front)
	m.footer.MiddleCRC = wire.CRC(0, m.middle)
	m.footer.DataCRC = wire.CRC(0, m.data)
}

// setFooter changes a field of the footer, once the parts are known.
func (m *message) setFooter(name string, v script.Value) bool {
	n := v.Number
	switch name {
	case "front_crc":
		m.footer.FrontCRC = uint32(n)
	case "middle_crc":
		m.footer.MiddleCRC = uint32(n)
	case "data_crc":
		m.footer.DataCRC = uint32(n)
	case "sig":
		m.footer.Signature = n
	case "flags":
		m.footer.Flags = wire.FooterFlags(n)
	default:
		return false
	}
	return true
}

// bytes returns the frame.
func (m *message) bytes() ([]byte, error) {
	h := &m.header
	h.FrontLen, h.MiddleLen, h.DataLen = uint32(len(m.front)), uint32(len(m.middle)),
		uint32(len(m.data))
	for name, n := range m.lengths {
		switch name {
		case "front_len":
			h.FrontLen = n
		case "middle_len":
			h.MiddleLen = n
		case "data_len":
			h.DataLen = n
		}
	}
	b := []byte{byte(wire.TagMsg)}
	switch {
	case m.oldHeader:
		old := wire.MessageHeaderOld{MessageHeader: *h, Src: wire.EntityInst{Name: h.Source},
			OrigSrc: wire.EntityInst{Name: h.Source}}
		b = old.AppendWithCRC(b)
	case m.headerCRC != nil:
		h.CRC = *m.headerCRC
		b = h.Append(b)
	default:
		b = h.AppendWithCRC(b)
		h.CRC = binary.LittleEndian.Uint32(b[len(b)-4:])
	}
	b = append(append(append(b, m.front...), m.middle...), m.data...)
	if m.oldFooter {
		return m.footer.AppendOld(b), nil
	}
	if m.sign != nil {
		if err := m.sign(h, &m.footer); err != nil {
			return nil, err
		}
	}
	return m.footer.Append(b), nil
}

// readMessage reads what follows the tag MSG and checks what must hold for each message.
func (s *socket) readMessage() (*piece, error) {
	b, err := s.read("a message header", wire.MessageHeaderSize)
	if err != nil {
		return nil, err
	}
	var h wire.MessageHeader
	if err := h.Decode(b); err != nil {
		return nil, err
	}
	if crc := wire.CRC(0, b[:wire.MessageHeaderSize-4]); h.CRC != crc && h.CRC != 0 {
		return nil, cite("V1-CRC-2", "message header: crc %#x, computed %#x", h.CRC, crc)
	}
	m := message{header: h}
	for _, part := range []struct {
		what string
		n    uint32
		to   *[]byte
	}{{"the front part", h.FrontLen, &m.front}, {"the middle part", h.MiddleLen, &m.middle},
		{"the data part", h.DataLen, &m.data}} {
		if *part.to, err = s.read(part.what, int(part.n)); err != nil {
			return nil, err
		}
	}
	signed := s.features.Has(wire.FeatureMsgAuth)
	size, decode := wire.FooterSize, m.footer.Decode
	if !signed {
		size, decode = wire.FooterOldSize, m.footer.DecodeOld
	}
	if b, err = s.read("a message footer", size); err != nil {
		return nil, err
	}
	if err := decode(b); err != nil {
		return nil, err
	}
	if err := m.checkSums(); err != nil {
		return nil, err
	}
	if err := s.checkSignature(&m); err != nil {
		return nil, err
	}
	if h.Seq <= s.lastSeq && s.lastSeq != 0 {
		return nil, cite("V1-SEQ-1", "message %d came after message %d on the same connection",
			h.Seq, s.lastSeq)
	}
	s.lastSeq = h.Seq
	return m.piece(), nil
}

func (m *message) checkSums() error {
	flags := m.footer.Flags
	if flags&^(wire.FooterComplete|wire.FooterNoCRC|wire.FooterSigned) != 0 {
		return cite("V1-FOOTER-3", "message footer: unknown flags %#x", uint8(flags))
	}
	for _, part := range []struct {
		name      string
		b         []byte
		sent      uint32
		unchecked bool
		rule      string
	}{{"front", m.front, m.footer.FrontCRC, m.footer.FrontCRC == 0, "V1-CRC-3"},
		{"middle", m.middle, m.footer.MiddleCRC, m.footer.MiddleCRC == 0, "V1-CRC-3"},
		{"data", m.data, m.footer.DataCRC, flags&wire.FooterNoCRC != 0, "V1-CRC-4"}} {
		if crc := wire.CRC(0, part.b); crc != part.sent && !part.unchecked {
			return cite(part.rule, "%s: crc %#x, computed %#x", part.name, part.sent, crc)
		}
	}
	return nil
}

func (m *message) piece() *piece {
	p := &piece{name: "msg"}
	h := &m.header
	p.number("seq", h.Seq)
	p.number("tid", h.TID)
	p.number("type", uint64(h.Type))
	p.number("priority", uint64(h.Priority))
	p.number("version", uint64(h.Version))
	p.number("compat_version", uint64(h.CompatVersion))
	p.number("data_off", uint64(h.DataOff))
	p.number("src.type", uint64(h.Source.Type))
	p.number("src.num", uint64(h.Source.Num))
	p.number("reserved", uint64(h.Reserved))
	p.number("front_len", uint64(h.FrontLen))
	p.number("middle_len", uint64(h.MiddleLen))
	p.number("data_len", uint64(h.DataLen))
	p.number("flags", uint64(m.footer.Flags))
	p.number("sig", m.footer.Signature)
	p.number("crc", uint64(h.CRC))
	p.number("front_crc", uint64(m.footer.FrontCRC))
	p.number("middle_crc", uint64(m.footer.MiddleCRC))
	p.number("data_crc", uint64(m.footer.DataCRC))
	p.text("front", string(m.front[:min(len(m.front), 256)]))
	p.text("middle", string(m.middle[:min(len(m.middle), 256)]))
	p.text("data", string(m.data[:min(len(m.data), 256)]))
	return p
}
