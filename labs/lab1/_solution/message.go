package main

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CRC goes on with a checksum; seed is 0 to begin with.
func CRC(seed uint32, b []byte) uint32 {
	return ^crc32.Update(^seed, castagnoli, b)
}

// MessageHeader stands before the parts of a message.
type MessageHeader struct {
	Seq           uint64     `json:"seq"`
	TID           uint64     `json:"tid"`
	Type          uint16     `json:"type"`
	Priority      uint16     `json:"priority"`
	Version       uint16     `json:"version"`
	FrontLen      uint32     `json:"front_len"`
	MiddleLen     uint32     `json:"middle_len"`
	DataLen       uint32     `json:"data_len"`
	DataOff       uint16     `json:"data_off"`
	Source        EntityName `json:"src"`
	CompatVersion uint16     `json:"compat_version"`
	Reserved      uint16     `json:"reserved"`
	CRC           uint32     `json:"crc"`
}

// EncodeMessageHeader returns the 53 bytes of a header. Its last field is computed, whatever h.CRC
// says.
func EncodeMessageHeader(h MessageHeader) []byte {
	b := binary.LittleEndian.AppendUint64(nil, h.Seq)
	b = binary.LittleEndian.AppendUint64(b, h.TID)
	b = binary.LittleEndian.AppendUint16(b, h.Type)
	b = binary.LittleEndian.AppendUint16(b, h.Priority)
	b = binary.LittleEndian.AppendUint16(b, h.Version)
	b = binary.LittleEndian.AppendUint32(b, h.FrontLen)
	b = binary.LittleEndian.AppendUint32(b, h.MiddleLen)
	b = binary.LittleEndian.AppendUint32(b, h.DataLen)
	b = binary.LittleEndian.AppendUint16(b, h.DataOff)
	b = append(b, EncodeEntityName(h.Source)...)
	b = binary.LittleEndian.AppendUint16(b, h.CompatVersion)
	b = binary.LittleEndian.AppendUint16(b, h.Reserved)
	return binary.LittleEndian.AppendUint32(b, CRC(0, b))
}

// DecodeMessageHeader returns the header that stands at the front of b, if its checksum is right.
func DecodeMessageHeader(b []byte) (h MessageHeader, err error) {
	if len(b) < 53 {
		return h, errShort
	}
	h.Seq = binary.LittleEndian.Uint64(b)
	h.TID = binary.LittleEndian.Uint64(b[8:])
	h.Type = binary.LittleEndian.Uint16(b[16:])
	h.Priority = binary.LittleEndian.Uint16(b[18:])
	h.Version = binary.LittleEndian.Uint16(b[20:])
	h.FrontLen = binary.LittleEndian.Uint32(b[22:])
	h.MiddleLen = binary.LittleEndian.Uint32(b[26:])
	h.DataLen = binary.LittleEndian.Uint32(b[30:])
	h.DataOff = binary.LittleEndian.Uint16(b[34:])
	if h.Source, err = DecodeEntityName(b[36:]); err != nil {
		return h, err
	}
	h.CompatVersion = binary.LittleEndian.Uint16(b[45:])
	h.Reserved = binary.LittleEndian.Uint16(b[47:])
	h.CRC = binary.LittleEndian.Uint32(b[49:])
	if h.CRC != CRC(0, b[:49]) {
		return h, errors.New("wrong checksum of the header")
	}
	return h, nil
}

// Footer stands behind the parts of a message.
type Footer struct {
	FrontCRC  uint32 `json:"front_crc"`
	MiddleCRC uint32 `json:"middle_crc"`
	DataCRC   uint32 `json:"data_crc"`
	Signature uint64 `json:"sig"`
	Flags     uint8  `json:"flags"`
}

// Flags of a footer.
const (
	Complete = 1
	NoCRC    = 2
	Signed   = 4
)

func checksums(f Footer) []byte {
	b := binary.LittleEndian.AppendUint32(nil, f.FrontCRC)
	b = binary.LittleEndian.AppendUint32(b, f.MiddleCRC)
	return binary.LittleEndian.AppendUint32(b, f.DataCRC)
}

// EncodeFooter returns the 21 bytes of a footer.
func EncodeFooter(f Footer) []byte {
	return append(binary.LittleEndian.AppendUint64(checksums(f), f.Signature), f.Flags)
}

// DecodeFooter returns the footer of 21 bytes that stands at the front of b.
func DecodeFooter(b []byte) (f Footer, err error) {
	if len(b) < 21 {
		return f, errShort
	}
	f, err = DecodeOldFooter(b)
	f.Signature, f.Flags = binary.LittleEndian.Uint64(b[12:]), b[20]
	return f, err
}

// EncodeOldFooter returns the 13 bytes of a footer without its signature.
func EncodeOldFooter(f Footer) []byte { return append(checksums(f), f.Flags) }

// DecodeOldFooter returns the footer of 13 bytes that stands at the front of b.
func DecodeOldFooter(b []byte) (Footer, error) {
	if len(b) < 13 {
		return Footer{}, errShort
	}
	return Footer{FrontCRC: binary.LittleEndian.Uint32(b),
		MiddleCRC: binary.LittleEndian.Uint32(b[4:]),
		DataCRC:   binary.LittleEndian.Uint32(b[8:]), Flags: b[12]}, nil
}

// Message is a whole message.
type Message struct {
	Header MessageHeader
	Front  []byte
	Middle []byte
	Data   []byte
	Footer Footer
}

// MaxParts bounds the three parts of a message together, in bytes.
const MaxParts = 16 << 20

// EncodeMessage returns the bytes of a message, with its tag. The lengths in the header and
// everything in the footer are computed; a message is complete, and not signed.
func EncodeMessage(h MessageHeader, front, middle, data []byte) []byte {
	h.FrontLen, h.MiddleLen = uint32(len(front)), uint32(len(middle))
	h.DataLen = uint32(len(data))
	b := append([]byte{TagMsg}, EncodeMessageHeader(h)...)
	b = append(b, front...)
	b = append(b, middle...)
	b = append(b, data...)
	return append(b, EncodeFooter(Footer{FrontCRC: CRC(0, front), MiddleCRC: CRC(0, middle),
		DataCRC: CRC(0, data), Flags: Complete})...)
}

// DecodeMessage returns the message that stands at the front of b, tag included, if its checksums
// are right and its parts have at most limit bytes together.
func DecodeMessage(b []byte, limit uint64) (m Message, err error) {
	if len(b) < 1 || b[0] != TagMsg {
		return m, errors.New("no message")
	}
	if m.Header, err = DecodeMessageHeader(b[1:]); err != nil {
		return m, err
	}
	b = b[54:]
	size := uint64(m.Header.FrontLen) + uint64(m.Header.MiddleLen) + uint64(m.Header.DataLen)
	if size > limit {
		return m, errors.New("above the limit")
	}
	if size > uint64(len(b)) {
		return m, errShort
	}
	take := func(n uint32) []byte {
		part := b[:n]
		b = b[n:]
		return part
	}
	m.Front, m.Middle = take(m.Header.FrontLen), take(m.Header.MiddleLen)
	m.Data = take(m.Header.DataLen)
	if m.Footer, err = DecodeFooter(b); err != nil {
		return m, err
	}
	if m.Footer.FrontCRC != CRC(0, m.Front) || m.Footer.MiddleCRC != CRC(0, m.Middle) {
		return m, errors.New("wrong checksum of front or middle")
	}
	if m.Footer.Flags&NoCRC == 0 && m.Footer.DataCRC != CRC(0, m.Data) {
		return m, errors.New("wrong checksum of the data")
	}
	return m, nil
}
