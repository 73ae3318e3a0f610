package structures

import (
	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// Connect is a connect message, without the authorizer that follows it.
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

// Reply is a connect_reply, without the authorizer reply that follows it.
type Reply struct {
	Tag             uint8  `json:"tag"`
	Features        uint64 `json:"features"`
	GlobalSeq       uint32 `json:"global_seq"`
	ConnectSeq      uint32 `json:"connect_seq"`
	ProtocolVersion uint32 `json:"protocol_version"`
	AuthorizerLen   uint32 `json:"authorizer_len"`
	Flags           uint8  `json:"flags"`
}

// Layouts of the two.
var (
	ConnectLayout = grade.Layout{{"features", 8}, {"host_type", 4}, {"global_seq", 4},
		{"connect_seq", 4}, {"protocol_version", 4}, {"authorizer_protocol", 4},
		{"authorizer_len", 4}, {"flags", 1}}
	ReplyLayout = grade.Layout{{"tag", 1}, {"features", 8}, {"global_seq", 4}, {"connect_seq", 4},
		{"protocol_version", 4}, {"authorizer_len", 4}, {"flags", 1}}
)

// Wire returns it as the library has it.
func (c Connect) Wire() wire.Connect {
	return wire.Connect{Features: wire.Features(c.Features), HostType: wire.EntityType(c.HostType),
		GlobalSeq: c.GlobalSeq, ConnectSeq: c.ConnectSeq, ProtocolVersion: c.ProtocolVersion,
		AuthorizerProtocol: c.AuthorizerProtocol, AuthorizerLen: c.AuthorizerLen, Flags: c.Flags}
}

// ConnectOf is the inverse of Wire.
func ConnectOf(c wire.Connect) Connect {
	return Connect{uint64(c.Features), uint32(c.HostType), c.GlobalSeq, c.ConnectSeq,
		c.ProtocolVersion, c.AuthorizerProtocol, c.AuthorizerLen, c.Flags}
}

// Bytes encodes it.
func (c Connect) Bytes() []byte { return c.Wire().Append(nil) }

// DecodeConnect is the inverse of Bytes.
func DecodeConnect(b []byte) (Connect, error) {
	c, err := wire.DecodeConnect(b)
	return ConnectOf(c), err
}

// Wire returns it as the library has it.
func (r Reply) Wire() wire.ConnectReply {
	return wire.ConnectReply{Tag: wire.Tag(r.Tag), Features: wire.Features(r.Features),
		GlobalSeq: r.GlobalSeq, ConnectSeq: r.ConnectSeq, ProtocolVersion: r.ProtocolVersion,
		AuthorizerLen: r.AuthorizerLen, Flags: r.Flags}
}

// ReplyOf is the inverse of Wire.
func ReplyOf(r wire.ConnectReply) Reply {
	return Reply{uint8(r.Tag), uint64(r.Features), r.GlobalSeq, r.ConnectSeq, r.ProtocolVersion,
		r.AuthorizerLen, r.Flags}
}

// Bytes encodes it.
func (r Reply) Bytes() []byte { return r.Wire().Append(nil) }

// DecodeReply is the inverse of Bytes.
func DecodeReply(b []byte) (Reply, error) {
	r, err := wire.DecodeConnectReply(b)
	return ReplyOf(r), err
}
