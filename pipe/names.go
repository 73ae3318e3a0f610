package pipe

import (
	"simplemessenger/internal/frame"
	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/session"
)

// What outlives a socket is in package session, the rules are in package protocol. What users of
// the messenger meet of both has its name here too.

// Of package session.
type (
	Host            = session.Host
	Connection      = session.Connection
	Message         = session.Message
	Config          = session.Config
	Inject          = session.Inject
	Policy          = session.Policy
	Interceptor     = session.Interceptor
	Breakpoint      = session.Breakpoint
	Guard           = session.Guard
	PanicError      = session.PanicError
	Snapshot        = session.Snapshot
	SessionSnapshot = session.SessionSnapshot
)

// The six policies of Ceph: see session.
var (
	StatefulServer    = session.StatefulServer
	StatelessServer   = session.StatelessServer
	LosslessPeer      = session.LosslessPeer
	LosslessPeerReuse = session.LosslessPeerReuse
	LossyClient       = session.LossyClient
	LosslessClient    = session.LosslessClient
)

// How waiting messages are counted: see session.
const (
	MessageOverhead = session.MessageOverhead
	QueueReserve    = session.QueueReserve
)

// State is where a session stands in its life.
type State = protocol.State

// The states of a session.
const (
	Accepting  = protocol.Accepting
	Connecting = protocol.Connecting
	Open       = protocol.Open
	Standby    = protocol.Standby
	Wait       = protocol.Wait
	Closing    = protocol.Closing
	Closed     = protocol.Closed
)

// Errors of sessions, to be tested with errors.Is.
var (
	ErrClosed          = session.ErrClosed
	ErrQueueFull       = session.ErrQueueFull
	ErrReplaced        = session.ErrReplaced
	ErrPartTooLarge    = session.ErrPartTooLarge
	ErrNilMessage      = session.ErrNilMessage
	ErrPeerClosed      = session.ErrPeerClosed
	ErrTooManySessions = session.ErrTooManySessions
	ErrWrongPeer       = session.ErrWrongPeer
	ErrTimeout         = session.ErrTimeout
	ErrNoKeepalive     = session.ErrNoKeepalive
	ErrPeerLost        = session.ErrPeerLost
	ErrNotInTime       = session.ErrNotInTime
	ErrInjected        = session.ErrInjected
)

// Errors of the rules, of frames and of handshakes, to be tested with errors.Is.
var (
	ErrProtocol        = protocol.ErrProtocol
	ErrProtocolVersion = protocol.ErrProtocolVersion
	ErrFeatures        = protocol.ErrFeatures
	ErrBadAuthorizer   = protocol.ErrBadAuthorizer
	ErrMessageTooLarge = protocol.ErrMessageTooLarge
	ErrExhausted       = protocol.ErrExhausted
	ErrStuck           = protocol.ErrStuck
	// ErrNotCeph: what answers, or calls, does not begin with the banner of this protocol.
	ErrNotCeph = handshake.ErrNotCeph
	// ErrUnproven: the peer accepted our credentials, but did not prove that it has the key to
	// them.
	ErrUnproven = handshake.ErrUnproven
	// ErrCRCOff: a checksum of the header or of the front or middle part is wrong and was sent as
	// 0: the peer seems not to compute any (ms_crc_header = false), and we insist. It is a
	// wire.ErrCRC too.
	ErrCRCOff = frame.ErrCRCOff
)

// Errors that say more, to be had with errors.As.
type (
	FeatureError         = protocol.FeatureError
	ProtocolVersionError = protocol.ProtocolVersionError
	TypeError            = protocol.TypeError
	StuckError           = protocol.StuckError
)
