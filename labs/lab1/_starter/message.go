package main

// CRC goes on with a checksum; seed is 0 to begin with.
func CRC(seed uint32, b []byte) uint32 {
	return 0 // TODO
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
	return nil // TODO
}

// DecodeMessageHeader returns the header that stands at the front of b, if its checksum is right.
func DecodeMessageHeader(b []byte) (MessageHeader, error) {
	return MessageHeader{}, errTODO // TODO
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

// EncodeFooter returns the 21 bytes of a footer.
func EncodeFooter(f Footer) []byte {
	return nil // TODO
}

// DecodeFooter returns the footer of 21 bytes that stands at the front of b.
func DecodeFooter(b []byte) (Footer, error) {
	return Footer{}, errTODO // TODO
}

// EncodeOldFooter returns the 13 bytes of a footer without its signature.
func EncodeOldFooter(f Footer) []byte {
	return nil // TODO
}

// DecodeOldFooter returns the footer of 13 bytes that stands at the front of b.
func DecodeOldFooter(b []byte) (Footer, error) {
	return Footer{}, errTODO // TODO
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
	return nil // TODO
}

// DecodeMessage returns the message that stands at the front of b, tag included, if its checksums
// are right and its parts have at most limit bytes together.
func DecodeMessage(b []byte, limit uint64) (Message, error) {
	return Message{}, errTODO // TODO
}
