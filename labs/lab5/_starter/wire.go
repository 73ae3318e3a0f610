package main

import "errors"

// What is on the wire. You have written most of this in labs 1 and 2: bring it with you.

// Connect is what the side that has dialed says first.
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

// Reply is what the other side answers.
type Reply struct {
	Tag             uint8  `json:"tag"`
	Features        uint64 `json:"features"`
	GlobalSeq       uint32 `json:"global_seq"`
	ConnectSeq      uint32 `json:"connect_seq"`
	ProtocolVersion uint32 `json:"protocol_version"`
	AuthorizerLen   uint32 `json:"authorizer_len"`
	Flags           uint8  `json:"flags"`
}

// ServerGreeting returns what the accepting side says first: banner, its own address, and the
// peer's as it sees it.
func ServerGreeting(own, peer Addr) []byte {
	return nil // TODO
}

// ClientGreeting returns what the dialing side says first.
func ClientGreeting(own Addr) []byte {
	return nil // TODO
}

// ReadServerGreeting reads the 281 bytes of a server: its address, and ours as it sees it.
func ReadServerGreeting(b []byte) (server, us Addr, err error) {
	return Addr{}, Addr{}, errors.New("TODO")
}

// ReadClientGreeting reads the 145 bytes of a client.
func ReadClientGreeting(b []byte) (Addr, error) {
	return Addr{}, errors.New("TODO")
}

// Lower reports whether address a is lower than b: whose connection stays when both have dialed.
func Lower(a, b Addr) bool {
	return false // TODO
}

// EncodeConnect returns the 33 bytes.
func EncodeConnect(c Connect) []byte {
	return nil // TODO
}

// EncodeReply returns the 26 bytes.
func EncodeReply(r Reply) []byte {
	return nil // TODO
}

// EncodeMessage returns the whole frame: tag, header, parts, and a footer of 21 bytes that is
// complete and not signed. compat_version is the version of the message.
func EncodeMessage(m Message, seq uint64, srcType uint8, srcNum int64) []byte {
	return nil // TODO
}
