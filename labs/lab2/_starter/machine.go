package main

// The tags of a connect_reply.
const (
	TagReady               = 1
	TagResetSession        = 2
	TagWait                = 3
	TagRetrySession        = 4
	TagRetryGlobal         = 5
	TagBadProtoVer         = 10
	TagBadAuthorizer       = 11
	TagFeatures            = 12
	TagSeq                 = 13
	TagChallengeAuthorizer = 16
)

const (
	// FlagLossy is the bit of the flags that says that the session is lossy.
	FlagLossy = 1
	// ReconnectSeq is the feature RECONNECT_SEQ.
	ReconnectSeq = 1 << 6
	// MaxAuthorizer bounds an authorizer, and the reply to one, in bytes.
	MaxAuthorizer = 64 << 10
)

// Event is what a machine tells. Only the fields of its kind count.
type Event struct {
	Kind string `json:"kind"`
	// Peer and Connect are for KindConnect: the address by which the client is known, and what it
	// asks for.
	Peer    EntityAddr `json:"peer"`
	Connect Connect    `json:"connect"`
	Open    Opened     `json:"open"`
	// Bytes are for KindBytes.
	Bytes Bytes `json:"bytes"`
	// Reason is for KindFault, and for people.
	Reason string `json:"reason"`
}

// The kinds of events.
const (
	KindConnect = "connect" // server: a client asks for a session; Answer says what it gets
	KindReset   = "reset"   // client: the server has lost the session, it begins anew
	KindWait    = "wait"    // client: the attempt is over, the peer's own connection will come
	KindOpen    = "open"    // the session is open
	KindBytes   = "bytes"   // bytes of the open session, which are not for this machine
	KindFault   = "fault"   // the attempt is over
)

// Opened is what is known of a session once it is open.
type Opened struct {
	ConnectSeq uint32 `json:"connect_seq"`
	// PeerGlobalSeq is the other side's: that of its connect message, or of its reply.
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	// Features are those that both sides offer.
	Features uint64 `json:"features"`
	Lossy    bool   `json:"lossy"`
	// Seq says that SEQ has opened it, and PeerInSeq is what the other side has received.
	Seq       bool   `json:"seq"`
	PeerInSeq uint64 `json:"peer_in_seq"`
}

// ClientConfig is what a Client is made with.
type ClientConfig struct {
	// Own is the client's address. If its IP is blank, it is learnt from the server.
	Own EntityAddr `json:"own"`
	// Peer is the address that is called.
	Peer     EntityAddr `json:"peer"`
	HostType uint32     `json:"host_type"`
	// Features are what is offered, Required what the server must offer.
	Features        uint64 `json:"features"`
	Required        uint64 `json:"required"`
	ProtocolVersion uint32 `json:"protocol_version"`
	// GlobalSeq and ConnectSeq are for the first connect message.
	GlobalSeq  uint32 `json:"global_seq"`
	ConnectSeq uint32 `json:"connect_seq"`
	// InSeq is the number of the last message that was received in this session.
	InSeq uint64 `json:"in_seq"`
	// Lossy is what the client would like.
	Lossy              bool   `json:"lossy"`
	AuthorizerProtocol uint32 `json:"authorizer_protocol"`
	Authorizer         Bytes  `json:"authorizer"`
}

// ServerConfig is what a Server is made with.
type ServerConfig struct {
	Own EntityAddr `json:"own"`
	// Socket is the address of the client's end of the socket, with nonce 0.
	Socket EntityAddr `json:"socket"`
	// Features are what is offered, Required what a client must offer.
	Features        uint64 `json:"features"`
	Required        uint64 `json:"required"`
	ProtocolVersion uint32 `json:"protocol_version"`
	// GlobalSeq is for the reply that opens the session.
	GlobalSeq uint32 `json:"global_seq"`
	// Lossy is what sessions here are.
	Lossy bool `json:"lossy"`
}

// Verdict is what becomes of a connect message. Lab 3 is about how to come to it.
type Verdict struct {
	// Tag is READY, RESETSESSION, WAIT, RETRY_SESSION or RETRY_GLOBAL.
	Tag uint8 `json:"tag"`
	// Resume is for READY: a session goes on that both sides know, in which the server has received
	// up to InSeq. The reply is SEQ then, if both sides have the feature RECONNECT_SEQ.
	Resume bool   `json:"resume"`
	InSeq  uint64 `json:"in_seq"`
	// ConnectSeq is for RETRY_SESSION, GlobalSeq for RETRY_GLOBAL.
	ConnectSeq uint32 `json:"connect_seq"`
	GlobalSeq  uint32 `json:"global_seq"`
}
