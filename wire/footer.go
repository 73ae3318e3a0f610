package wire

import (
	"encoding/binary"
	"strings"
)

// FooterSize is the encoded size of a Footer in bytes when the session has the feature MSG_AUTH.
const FooterSize = 21

// FooterFlags are the flags of a message's footer.
type FooterFlags uint8

// The flags of a footer.
const (
	// FooterComplete says that the whole message was sent. Without it the sender gave the message
	// up on the way: the receiver drops it without a word.
	FooterComplete FooterFlags = 1
	// FooterNoCRC says that the data crc was not computed.
	FooterNoCRC FooterFlags = 2
	// FooterSigned says that the signature counts.
	FooterSigned FooterFlags = 4
)

// String returns the flags by name, such as "complete|signed".
func (f FooterFlags) String() string {
	var names []string
	for _, flag := range []struct {
		bit  FooterFlags
		name string
	}{{FooterComplete, "complete"}, {FooterNoCRC, "nocrc"}, {FooterSigned, "signed"}} {
		if f&flag.bit != 0 {
			names = append(names, flag.name)
		}
	}
	if f&^(FooterComplete|FooterNoCRC|FooterSigned) != 0 {
		names = append(names, "unknown")
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "|")
}

// Footer follows the parts of a message (ceph_msg_footer).
//
//	offset size field
//	     0    4 front_crc
//	     4    4 middle_crc
//	     8    4 data_crc
//	    12    8 sig
//	    20    1 flags
//
// Without the feature MSG_AUTH the signature is left out: see AppendOld.
type Footer struct {
	FrontCRC  uint32
	MiddleCRC uint32
	DataCRC   uint32
	Signature uint64
	Flags     FooterFlags
}

// Append appends the encoding of f to b.
func (f *Footer) Append(b []byte) []byte {
	b = f.appendCRCs(b)
	b = binary.LittleEndian.AppendUint64(b, f.Signature)
	return append(b, byte(f.Flags))
}

func (f *Footer) appendCRCs(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, f.FrontCRC)
	b = binary.LittleEndian.AppendUint32(b, f.MiddleCRC)
	return binary.LittleEndian.AppendUint32(b, f.DataCRC)
}

// Decode reads a Footer from the front of b into f.
func (f *Footer) Decode(b []byte) error {
	if len(b) < FooterSize {
		return shortError("message_footer", "flags", 20, FooterSize, len(b))
	}
	f.decodeCRCs(b)
	f.Signature = binary.LittleEndian.Uint64(b[12:])
	f.Flags = FooterFlags(b[20])
	return nil
}

func (f *Footer) decodeCRCs(b []byte) {
	f.FrontCRC = binary.LittleEndian.Uint32(b)
	f.MiddleCRC = binary.LittleEndian.Uint32(b[4:])
	f.DataCRC = binary.LittleEndian.Uint32(b[8:])
}
