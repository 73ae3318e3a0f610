package main

import "net/netip"

// The answers to a connect message. READY stands for SEQ too: which one goes over the wire was the
// matter of lab 2.
const (
	Ready               = "READY"
	ResetSession        = "RESETSESSION"
	Wait                = "WAIT"
	RetrySession        = "RETRY_SESSION"
	RetryGlobal         = "RETRY_GLOBAL"
	BadProtoVer         = "BADPROTOVER"
	BadAuthorizer       = "BADAUTHORIZER"
	Features            = "FEATURES"
	ChallengeAuthorizer = "CHALLENGE_AUTHORIZER"
)

// The states of a registered pipe. The fourth one is "WAIT", as the tag.
const (
	Connecting = "CONNECTING"
	Open       = "OPEN"
	Standby    = "STANDBY"
)

// TypeClient is the entity type of clients.
const TypeClient = 8

// Addr is the address of a messenger. It can be compared with == and be the key of a map.
type Addr struct {
	Nonce    uint32     `json:"nonce"`
	Port     uint16     `json:"port"`
	IP       netip.Addr `json:"ip"`
	FlowInfo uint32     `json:"flowinfo"`
	ScopeID  uint32     `json:"scope_id"`
}

// Arrival is a connect message, c in the table, and what this side thinks of its sender.
type Arrival struct {
	ConnectSeq      uint32 `json:"connect_seq"`
	GlobalSeq       uint32 `json:"global_seq"`
	ProtocolVersion uint32 `json:"protocol_version"`
	Features        uint64 `json:"features"`
	// HostType is the type as which the sender comes.
	HostType uint8 `json:"host_type"`
	// Credentials is "accepted", "challenged" or "refused".
	Credentials string `json:"credentials"`
	// PrincipalType is the type of who the sender has proved to be, 0 if it has proved nothing.
	PrincipalType uint8 `json:"principal_type"`
	// Peer is the sender's address, Local ours.
	Peer  Addr `json:"peer"`
	Local Addr `json:"local"`
	// WantVersion and Required are what we want of the sender.
	WantVersion uint32 `json:"want_version"`
	Required    uint64 `json:"required"`
	// ResetCheck is of our policy towards the sender.
	ResetCheck bool `json:"reset_check"`
	// Beside: another principal has a session at the sender's address.
	Beside bool `json:"beside"`
}

// Existing is the pipe that is registered for the peer, E in the table.
type Existing struct {
	State         string `json:"state"`
	ConnectSeq    uint32 `json:"connect_seq"`
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	Lossy         bool   `json:"lossy"`
	Server        bool   `json:"server"`
	// Insists: its own connect message is on its way, and worth that the peer waits for it.
	Insists bool `json:"insists"`
	// Renounced: this side has given the session up, and the peer does not know yet.
	Renounced bool `json:"renounced"`
	// Exhausted: a number of its session is at its end.
	Exhausted bool `json:"exhausted"`
}

// Decision is the answer to a connect message, and what becomes of E.
type Decision struct {
	Tag string `json:"tag"`
	// ConnectSeq is for RETRY_SESSION, GlobalSeq for RETRY_GLOBAL.
	ConnectSeq uint32 `json:"connect_seq"`
	GlobalSeq  uint32 `json:"global_seq"`
	// Replace: the new pipe takes the place of E, whose socket is closed.
	Replace bool `json:"replace"`
	// EndSession: the session of E is over; the new pipe begins one of its own.
	EndSession bool `json:"end_session"`
	// ResetSession: the session of E begins anew before it is handed over; its user is told of a
	// remote reset.
	ResetSession bool `json:"reset_session"`
	// FreshPeer: the peer knows nothing of a session, and numbers its messages from the beginning.
	FreshPeer bool `json:"fresh_peer"`
	// WakeExisting: the peer waits for the connection of E, so that must come.
	WakeExisting bool `json:"wake_existing"`
}

// Policy is how a registry behaves towards all its peers, and the address of this side.
type Policy struct {
	Local      Addr `json:"local"`
	Lossy      bool `json:"lossy"`
	Server     bool `json:"server"`
	ResetCheck bool `json:"reset_check"`
}

// Entry is a registered pipe, with the session that it carries.
type Entry struct {
	Pipe int  `json:"pipe"`
	Peer Addr `json:"peer"`
	// Session is the number of the pipe with which the session began.
	Session       int    `json:"session"`
	State         string `json:"state"`
	ConnectSeq    uint32 `json:"connect_seq"`
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	// InSeq is the number of the last message that was received in the session.
	InSeq uint64 `json:"in_seq"`
}
