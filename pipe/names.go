package pipe

import "simplemessenger/protocol"

// The rules of the protocol are in package protocol. What users of the messenger meet of them has its name here too.

// State is where a pipe stands in its life.
type State = protocol.State

// The states of a pipe.
const (
	Accepting  = protocol.Accepting
	Connecting = protocol.Connecting
	Open       = protocol.Open
	Standby    = protocol.Standby
	Wait       = protocol.Wait
	Closing    = protocol.Closing
	Closed     = protocol.Closed
)

// Errors of the rules, to be tested with errors.Is.
var (
	ErrProtocol        = protocol.ErrProtocol
	ErrProtocolVersion = protocol.ErrProtocolVersion
	ErrFeatures        = protocol.ErrFeatures
	ErrBadAuthorizer   = protocol.ErrBadAuthorizer
	ErrMessageTooLarge = protocol.ErrMessageTooLarge
	ErrExhausted       = protocol.ErrExhausted
	ErrStuck           = protocol.ErrStuck
)

// Errors that say more, to be had with errors.As.
type (
	FeatureError         = protocol.FeatureError
	ProtocolVersionError = protocol.ProtocolVersionError
	TypeError            = protocol.TypeError
	StuckError           = protocol.StuckError
)
