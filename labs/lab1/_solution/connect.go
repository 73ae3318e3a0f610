package main

import "encoding/binary"

// Connect asks for a session. AuthorizerLen bytes of credentials follow it.
type Connect struct {
	Features           uint64 `json:"features"`
	HostType           uint32 `json:"host_type"`
	GlobalSeq          uint32 `json:"global_seq"`
	ConnectSeq         uint32 `json:"connect_seq"`
	ProtocolVersion    uint32 `json:"protocol_version"`
	AuthorizerProtocol uint32 `json:"authorizer_protocol"`
	AuthorizerLen      uint32 `json:"authorizer_len"`
	Flags              uint8  `json:"flags"`
}

// ConnectReply is the answer. AuthorizerLen bytes follow it.
type ConnectReply struct {
	Tag             uint8  `json:"tag"`
	Features        uint64 `json:"features"`
	GlobalSeq       uint32 `json:"global_seq"`
	ConnectSeq      uint32 `json:"connect_seq"`
	ProtocolVersion uint32 `json:"protocol_version"`
	AuthorizerLen   uint32 `json:"authorizer_len"`
	Flags           uint8  `json:"flags"`
}

// EncodeConnect returns the 33 bytes of a connect message.
func EncodeConnect(c Connect) []byte {
	b := binary.LittleEndian.AppendUint64(nil, c.Features)
	for _, n := range []uint32{c.HostType, c.GlobalSeq, c.ConnectSeq, c.ProtocolVersion,
		c.AuthorizerProtocol, c.AuthorizerLen} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return append(b, c.Flags)
}

// DecodeConnect returns the connect message that stands at the front of b.
func DecodeConnect(b []byte) (c Connect, err error) {
	if len(b) < 33 {
		return c, errShort
	}
	c.Features = binary.LittleEndian.Uint64(b)
	for i, n := range []*uint32{&c.HostType, &c.GlobalSeq, &c.ConnectSeq, &c.ProtocolVersion,
		&c.AuthorizerProtocol, &c.AuthorizerLen} {
		*n = binary.LittleEndian.Uint32(b[8+4*i:])
	}
	c.Flags = b[32]
	return c, nil
}

// EncodeConnectReply returns the 26 bytes of a reply.
func EncodeConnectReply(r ConnectReply) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{r.Tag}, r.Features)
	for _, n := range []uint32{r.GlobalSeq, r.ConnectSeq, r.ProtocolVersion, r.AuthorizerLen} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return append(b, r.Flags)
}

// DecodeConnectReply returns the reply that stands at the front of b.
func DecodeConnectReply(b []byte) (r ConnectReply, err error) {
	if len(b) < 26 {
		return r, errShort
	}
	r.Tag, r.Features = b[0], binary.LittleEndian.Uint64(b[1:])
	for i, n := range []*uint32{&r.GlobalSeq, &r.ConnectSeq, &r.ProtocolVersion,
		&r.AuthorizerLen} {
		*n = binary.LittleEndian.Uint32(b[9+4*i:])
	}
	r.Flags = b[25]
	return r, nil
}
