package wire

import "encoding/binary"

// MessageHeaderOldSize is the encoded size of a MessageHeaderOld in bytes.
const MessageHeaderOldSize = 36 + 2*EntityInstSize + 4 + 4

const messageHeaderOldCRCOffset = MessageHeaderOldSize - 4

// MessageHeaderOld is the header of sessions without the feature NOSRCADDR (ceph_msg_header_old),
// which carries addresses. Releases since at least 14.2 neither send nor take it; it is here for
// older peers and for old captures.
//
//	offset size field
//	     0   36 seq … data_off, as in MessageHeader
//	    36  145 src, an EntityInst
//	   181  145 orig_src, an EntityInst
//	   326    4 reserved
//	   330    4 crc over the 330 bytes before it
type MessageHeaderOld struct {
	// MessageHeader holds the fields that both forms share, CRC among them. Its Source,
	// CompatVersion and Reserved are not part of this form; Decode sets Source from Src.
	MessageHeader
	Src         EntityInst
	OrigSrc     EntityInst
	ReservedOld uint32
}

// Append appends the encoding of h to b, with h.CRC as it stands.
func (h *MessageHeaderOld) Append(b []byte) []byte {
	b = h.appendCommon(b)
	b = h.Src.Append(b)
	b = h.OrigSrc.Append(b)
	b = binary.LittleEndian.AppendUint32(b, h.ReservedOld)
	return binary.LittleEndian.AppendUint32(b, h.CRC)
}

// AppendWithCRC computes h.CRC, keeps it in h, and appends the encoding of h to b.
func (h *MessageHeaderOld) AppendWithCRC(b []byte) []byte {
	start := len(b)
	h.CRC = 0
	b = h.Append(b)
	h.CRC = CRC(0, b[start:start+messageHeaderOldCRCOffset])
	binary.LittleEndian.PutUint32(b[start+messageHeaderOldCRCOffset:], h.CRC)
	return b
}

// Decode reads a MessageHeaderOld from the front of b into h. The checksum is not looked at.
func (h *MessageHeaderOld) Decode(b []byte) error {
	if len(b) < MessageHeaderOldSize {
		return shortError("message_header_old", "crc", messageHeaderOldCRCOffset,
			MessageHeaderOldSize, len(b))
	}
	h.MessageHeader = MessageHeader{}
	h.decodeCommon(b)
	var err error
	if h.Src, err = DecodeEntityInst(b[36:]); err != nil {
		return err
	}
	if h.OrigSrc, err = DecodeEntityInst(b[36+EntityInstSize:]); err != nil {
		return err
	}
	h.Source = h.Src.Name
	h.ReservedOld = binary.LittleEndian.Uint32(b[326:])
	h.CRC = binary.LittleEndian.Uint32(b[messageHeaderOldCRCOffset:])
	return nil
}

// CheckMessageHeaderOldCRC is CheckMessageHeaderCRC for the old form.
func CheckMessageHeaderOldCRC(b []byte) error {
	if len(b) < MessageHeaderOldSize {
		return shortError("message_header_old", "crc", messageHeaderOldCRCOffset,
			MessageHeaderOldSize, len(b))
	}
	want, got := binary.LittleEndian.Uint32(b[messageHeaderOldCRCOffset:]),
		CRC(0, b[:messageHeaderOldCRCOffset])
	if want != got {
		return crcError("message_header_old", "crc", messageHeaderOldCRCOffset, want, got)
	}
	return nil
}
