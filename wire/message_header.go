package wire

import "encoding/binary"

// MessageHeaderSize is the encoded size of a MessageHeader in bytes.
const MessageHeaderSize = 53

const messageHeaderCRCOffset = MessageHeaderSize - 4

// Priorities of messages. Out queues are served strictly by priority, first in first out within
// one.
const (
	PriorityLow     uint16 = 64
	PriorityDefault uint16 = 127
	PriorityHigh    uint16 = 196
	PriorityHighest uint16 = 255
)

// MessageHeader stands before the parts of a message (ceph_msg_header, with the feature NOSRCADDR).
//
//	offset size field
//	     0    8 seq
//	     8    8 tid
//	    16    2 type
//	    18    2 priority
//	    20    2 version
//	    22    4 front_len
//	    26    4 middle_len
//	    30    4 data_len
//	    34    2 data_off
//	    36    9 src, an EntityName
//	    45    2 compat_version
//	    47    2 reserved
//	    49    4 crc over the 49 bytes before it, 0 if header crcs are off
//
// Every release since at least 14.2 sends and wants this form, whether or not NOSRCADDR was agreed.
// The form before it is MessageHeaderOld.
type MessageHeader struct {
	Seq           uint64
	TID           uint64 // transaction id, free for the layer above
	Type          uint16
	Priority      uint16
	Version       uint16
	FrontLen      uint32
	MiddleLen     uint32
	DataLen       uint32
	DataOff       uint16 // offset at which the receiver should align the data part
	Source        EntityName
	CompatVersion uint16
	Reserved      uint16
	CRC           uint32
}

// PayloadLen returns the sum of the three part lengths. It cannot overflow.
func (h *MessageHeader) PayloadLen() uint64 {
	return uint64(h.FrontLen) + uint64(h.MiddleLen) + uint64(h.DataLen)
}

func (h *MessageHeader) appendCommon(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, h.Seq)
	b = binary.LittleEndian.AppendUint64(b, h.TID)
	b = binary.LittleEndian.AppendUint16(b, h.Type)
	b = binary.LittleEndian.AppendUint16(b, h.Priority)
	b = binary.LittleEndian.AppendUint16(b, h.Version)
	b = binary.LittleEndian.AppendUint32(b, h.FrontLen)
	b = binary.LittleEndian.AppendUint32(b, h.MiddleLen)
	b = binary.LittleEndian.AppendUint32(b, h.DataLen)
	return binary.LittleEndian.AppendUint16(b, h.DataOff)
}

func (h *MessageHeader) decodeCommon(b []byte) {
	h.Seq = binary.LittleEndian.Uint64(b)
	h.TID = binary.LittleEndian.Uint64(b[8:])
	h.Type = binary.LittleEndian.Uint16(b[16:])
	h.Priority = binary.LittleEndian.Uint16(b[18:])
	h.Version = binary.LittleEndian.Uint16(b[20:])
	h.FrontLen = binary.LittleEndian.Uint32(b[22:])
	h.MiddleLen = binary.LittleEndian.Uint32(b[26:])
	h.DataLen = binary.LittleEndian.Uint32(b[30:])
	h.DataOff = binary.LittleEndian.Uint16(b[34:])
}

// Append appends the encoding of h to b, with h.CRC as it stands.
func (h *MessageHeader) Append(b []byte) []byte {
	b = h.appendCommon(b)
	b = h.Source.Append(b)
	b = binary.LittleEndian.AppendUint16(b, h.CompatVersion)
	b = binary.LittleEndian.AppendUint16(b, h.Reserved)
	return binary.LittleEndian.AppendUint32(b, h.CRC)
}

// AppendWithCRC computes h.CRC, keeps it in h, and appends the encoding of h to b.
func (h *MessageHeader) AppendWithCRC(b []byte) []byte {
	start := len(b)
	h.CRC = 0
	b = h.Append(b)
	h.CRC = CRC(0, b[start:start+messageHeaderCRCOffset])
	binary.LittleEndian.PutUint32(b[start+messageHeaderCRCOffset:], h.CRC)
	return b
}

// Decode reads a MessageHeader from the front of b into h. The checksum is not looked at; see
// CheckMessageHeaderCRC.
func (h *MessageHeader) Decode(b []byte) error {
	if len(b) < MessageHeaderSize {
		return shortError("message_header", "crc", messageHeaderCRCOffset, MessageHeaderSize,
			len(b))
	}
	h.decodeCommon(b)
	h.Source = EntityName{EntityType(b[36]), int64(binary.LittleEndian.Uint64(b[37:]))}
	h.CompatVersion = binary.LittleEndian.Uint16(b[45:])
	h.Reserved = binary.LittleEndian.Uint16(b[47:])
	h.CRC = binary.LittleEndian.Uint32(b[49:])
	return nil
}

// CheckMessageHeaderCRC compares the checksum in an encoded header with the one computed over it.
// It returns a *DecodeError that wraps ErrCRC if they differ, or ErrShort.
func CheckMessageHeaderCRC(b []byte) error {
	if len(b) < MessageHeaderSize {
		return shortError("message_header", "crc", messageHeaderCRCOffset, MessageHeaderSize,
			len(b))
	}
	want, got := binary.LittleEndian.Uint32(b[messageHeaderCRCOffset:]),
		CRC(0, b[:messageHeaderCRCOffset])
	if want != got {
		return crcError("message_header", "crc", messageHeaderCRCOffset, want, got)
	}
	return nil
}
