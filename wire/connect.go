package wire

import "encoding/binary"

// ConnectSize is the encoded size of a Connect in bytes, without the authorizer that follows it.
const ConnectSize = 33

// FlagLossy is the bit of Connect.Flags and ConnectReply.Flags that says that the session is lossy.
// The server's word counts; the client's is for information.
const FlagLossy uint8 = 1

// Connect is the client's request for a session (ceph_msg_connect).
//
//	offset size field
//	     0    8 features
//	     8    4 host_type
//	    12    4 global_seq
//	    16    4 connect_seq
//	    20    4 protocol_version
//	    24    4 authorizer_protocol
//	    28    4 authorizer_len
//	    32    1 flags
type Connect struct {
	Features           Features
	HostType           EntityType // on the wire 32 bits
	GlobalSeq          uint32     // how many connections this messenger has begun
	ConnectSeq         uint32     // how many connections there were within this session
	ProtocolVersion    uint32
	AuthorizerProtocol uint32 // AuthUnknown, AuthNone or AuthCephx
	AuthorizerLen      uint32 // bytes that follow
	Flags              uint8
}

// Values of Connect.AuthorizerProtocol.
const (
	AuthUnknown uint32 = 0
	AuthNone    uint32 = 1
	AuthCephx   uint32 = 2
)

// Lossy reports whether the flag FlagLossy is set.
func (c Connect) Lossy() bool { return c.Flags&FlagLossy != 0 }

// Append appends the encoding of c to b.
func (c Connect) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Features))
	b = binary.LittleEndian.AppendUint32(b, uint32(c.HostType))
	b = binary.LittleEndian.AppendUint32(b, c.GlobalSeq)
	b = binary.LittleEndian.AppendUint32(b, c.ConnectSeq)
	b = binary.LittleEndian.AppendUint32(b, c.ProtocolVersion)
	b = binary.LittleEndian.AppendUint32(b, c.AuthorizerProtocol)
	b = binary.LittleEndian.AppendUint32(b, c.AuthorizerLen)
	return append(b, c.Flags)
}

// DecodeConnect reads a Connect from the front of b. A host_type that does not fit into EntityType
// is ErrInvalid.
func DecodeConnect(b []byte) (Connect, error) {
	if len(b) < ConnectSize {
		return Connect{}, shortError("connect", "flags", 32, ConnectSize, len(b))
	}
	hostType := binary.LittleEndian.Uint32(b[8:])
	if hostType > 0xff {
		return Connect{}, invalidError("connect", "host_type", 8, "%#x", hostType)
	}
	return Connect{
		Features:           Features(binary.LittleEndian.Uint64(b)),
		HostType:           EntityType(hostType),
		GlobalSeq:          binary.LittleEndian.Uint32(b[12:]),
		ConnectSeq:         binary.LittleEndian.Uint32(b[16:]),
		ProtocolVersion:    binary.LittleEndian.Uint32(b[20:]),
		AuthorizerProtocol: binary.LittleEndian.Uint32(b[24:]),
		AuthorizerLen:      binary.LittleEndian.Uint32(b[28:]),
		Flags:              b[32],
	}, nil
}
