package main

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
	return nil // TODO
}

// DecodeConnect returns the connect message that stands at the front of b.
func DecodeConnect(b []byte) (Connect, error) {
	return Connect{}, errTODO // TODO
}

// EncodeConnectReply returns the 26 bytes of a reply.
func EncodeConnectReply(r ConnectReply) []byte {
	return nil // TODO
}

// DecodeConnectReply returns the reply that stands at the front of b.
func DecodeConnectReply(b []byte) (ConnectReply, error) {
	return ConnectReply{}, errTODO // TODO
}
