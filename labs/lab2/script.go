package lab2

import (
	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
)

// clientConfig is what a client machine is made with.
type clientConfig struct {
	Own                structures.Addr `json:"own"`
	Peer               structures.Addr `json:"peer"`
	HostType           uint32          `json:"host_type"`
	Features           uint64          `json:"features"`
	Required           uint64          `json:"required"`
	ProtocolVersion    uint32          `json:"protocol_version"`
	GlobalSeq          uint32          `json:"global_seq"`
	ConnectSeq         uint32          `json:"connect_seq"`
	InSeq              uint64          `json:"in_seq"`
	Lossy              bool            `json:"lossy"`
	AuthorizerProtocol uint32          `json:"authorizer_protocol"`
	Authorizer         structures.Hex  `json:"authorizer"`
}

// connect is the client's first connect message.
func (c clientConfig) connect() structures.Connect {
	return structures.Connect{Features: c.Features, HostType: c.HostType, GlobalSeq: c.GlobalSeq,
		ConnectSeq: c.ConnectSeq, ProtocolVersion: c.ProtocolVersion,
		AuthorizerProtocol: c.AuthorizerProtocol, AuthorizerLen: uint32(c.Authorizer.Size()),
		Flags: flags(c.Lossy)}
}

func flags(lossy bool) uint8 {
	if lossy {
		return 1
	}
	return 0
}

// serverConfig is what a server machine is made with.
type serverConfig struct {
	Own structures.Addr `json:"own"`
	// Socket is the client's end of the socket, with nonce 0.
	Socket          structures.Addr `json:"socket"`
	Features        uint64          `json:"features"`
	Required        uint64          `json:"required"`
	ProtocolVersion uint32          `json:"protocol_version"`
	GlobalSeq       uint32          `json:"global_seq"`
	Lossy           bool            `json:"lossy"`
}

// verdict is what the server machine is told to answer.
type verdict struct {
	Tag        uint8  `json:"tag"`
	Resume     bool   `json:"resume"`
	ConnectSeq uint32 `json:"connect_seq"`
	GlobalSeq  uint32 `json:"global_seq"`
	InSeq      uint64 `json:"in_seq"`
}

// opened is what both sides know of an open session.
type opened struct {
	ConnectSeq    uint32 `json:"connect_seq"`
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	Features      uint64 `json:"features"`
	Lossy         bool   `json:"lossy"`
	Seq           bool   `json:"seq"`
	PeerInSeq     uint64 `json:"peer_in_seq"`
}

// event is what a machine tells.
type event struct {
	Kind    string             `json:"kind"`
	Peer    structures.Addr    `json:"peer"`
	Connect structures.Connect `json:"connect"`
	Open    opened             `json:"open"`
	Bytes   structures.Hex     `json:"bytes"`
	Reason  string             `json:"reason"`
}

// The kinds of events.
const (
	kindConnect = "connect" // server: a connect message wants a verdict
	kindReset   = "reset"   // client: the session begins anew
	kindWait    = "wait"    // client: the peer's own connection will come
	kindOpen    = "open"
	kindBytes   = "bytes" // what has come behind the handshake
	kindFault   = "fault"
)

// turn is what the grader says at once, and what should come of it.
type turn struct {
	// says names the input in a story.
	says  string
	input []byte
	// verdict, if any, is what is said instead: the answer to the event connect.
	verdict *verdict
	// early: something may come of it before its last byte is there.
	early bool

	send   []byte
	layout grade.Layout
	// connectAt is where a connect message stands in what is sent whose global_seq is the
	// machine's to choose, if it is at least leastGlobal; -1 without one.
	connectAt   int
	leastGlobal uint32
	events      []event
	// why says what it is about.
	why string
}

// script is a conversation.
type script struct {
	what string
	// side is "client" or "server": which one the student's machine is.
	side   string
	config any
	// start is what the machine says before anything has come.
	start []byte
	turns []turn
}

// add appends a turn.
func (s *script) add(t turn) *script {
	s.turns = append(s.turns, t)
	return s
}
