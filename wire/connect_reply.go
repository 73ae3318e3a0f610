package wire

import "encoding/binary"

// ConnectReplySize is the encoded size of a ConnectReply in bytes, without the authorizer reply
// that follows it.
const ConnectReplySize = 26

// ConnectReply is the server's answer to a Connect (ceph_msg_connect_reply).
//
//	offset size field
//	     0    1 tag
//	     1    8 features
//	     9    4 global_seq
//	    13    4 connect_seq
//	    17    4 protocol_version
//	    21    4 authorizer_len
//	    25    1 flags
type ConnectReply struct {
	Tag             Tag
	Features        Features
	GlobalSeq       uint32
	ConnectSeq      uint32
	ProtocolVersion uint32
	AuthorizerLen   uint32 // bytes that follow
	Flags           uint8
}

// Lossy reports whether the flag FlagLossy is set.
func (r ConnectReply) Lossy() bool { return r.Flags&FlagLossy != 0 }

// Append appends the encoding of r to b.
func (r ConnectReply) Append(b []byte) []byte {
	b = append(b, byte(r.Tag))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Features))
	b = binary.LittleEndian.AppendUint32(b, r.GlobalSeq)
	b = binary.LittleEndian.AppendUint32(b, r.ConnectSeq)
	b = binary.LittleEndian.AppendUint32(b, r.ProtocolVersion)
	b = binary.LittleEndian.AppendUint32(b, r.AuthorizerLen)
	return append(b, r.Flags)
}

// DecodeConnectReply reads a ConnectReply from the front of b. The tag is not judged: that is the
// client's business.
func DecodeConnectReply(b []byte) (ConnectReply, error) {
	if len(b) < ConnectReplySize {
		return ConnectReply{}, shortError("connect_reply", "flags", 25, ConnectReplySize, len(b))
	}
	return ConnectReply{
		Tag:             Tag(b[0]),
		Features:        Features(binary.LittleEndian.Uint64(b[1:])),
		GlobalSeq:       binary.LittleEndian.Uint32(b[9:]),
		ConnectSeq:      binary.LittleEndian.Uint32(b[13:]),
		ProtocolVersion: binary.LittleEndian.Uint32(b[17:]),
		AuthorizerLen:   binary.LittleEndian.Uint32(b[21:]),
		Flags:           b[25],
	}, nil
}
