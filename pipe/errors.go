package pipe

import (
	"fmt"
	"net"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Errors of this package, to be tested with errors.Is.
var (
	// ErrClosed: the connection is marked down, reset or shut down. Nothing was sent. It is a net.ErrClosed too.
	ErrClosed error = closedError{}
	// ErrQueueFull: the out queue is at one of the limits of Config.QueueLimit*. Nothing was queued; see Connection.WaitForRoom.
	ErrQueueFull = errors.New("out queue is full")
	// ErrNotCeph: what answers, or calls, does not begin with the banner of this protocol.
	ErrNotCeph = errors.New("not a Ceph daemon of protocol v1")
	// ErrProtocolVersion: the two sides want different protocol versions, which depend on the types of both. See ProtocolVersionError.
	ErrProtocolVersion = errors.New("protocol versions differ (BADPROTOVER)")
	// ErrFeatures: one side lacks features that the other one requires. See FeatureError.
	ErrFeatures = errors.New("required features are missing (FEATURES)")
	// ErrUnproven: the peer accepted our credentials, but did not prove that it has the key to them.
	ErrUnproven = errors.New("peer has not proved who it is")
	// ErrBadAuthorizer: the peer refused our credentials, also fresh ones.
	ErrBadAuthorizer = errors.New("peer refused the authorizer (BADAUTHORIZER)")
	// ErrProtocol: the peer broke a rule of the protocol.
	ErrProtocol = errors.New("protocol violation")
	// ErrWrongPeer: whoever answered is not the peer that was called.
	ErrWrongPeer = errors.New("wrong peer")
	// ErrReplaced: another pipe has taken over the session.
	ErrReplaced = errors.New("replaced by another pipe")
	// ErrCRCOff: a checksum of the header or of the front or middle part is wrong and was sent as 0: the peer seems not to compute any
	// (ms_crc_header = false), and we insist. It is a wire.ErrCRC too.
	ErrCRCOff = errors.New("the peer seems to run with ms_crc_header = false")
	// ErrPartTooLarge: a part of a message to be sent has 4 GiB or more: its length has 32 bits on the wire. Nothing was queued.
	ErrPartTooLarge = errors.New("part above 4 GiB - 1")
	// ErrNilMessage: nil was to be sent.
	ErrNilMessage = errors.New("no message to be sent")
	// ErrMessageTooLarge: a header claims more than Config.MaxMessageSize.
	ErrMessageTooLarge = errors.New("message above the size limit")
	// ErrTimeout: nothing came within Config.ReadTimeout.
	ErrTimeout = errors.New("nothing received for the read timeout")
	// ErrPeerClosed: the peer said CLOSE.
	ErrPeerClosed = errors.New("closed by peer")
	// ErrInjected: a fault that Config asked for.
	ErrInjected = errors.New("injected fault")
)

type closedError struct{}

func (closedError) Error() string { return "connection is closed" }
func (closedError) Unwrap() error { return net.ErrClosed }

// FeatureError says that one side lacks features that the other requires.
type FeatureError struct {
	Offered, Required wire.Features
	ByPeer            bool // the peer requires, we offer; else the other way round
}

// Is makes it an ErrFeatures.
func (e *FeatureError) Is(target error) bool { return target == ErrFeatures }

func (e *FeatureError) Error() string {
	if e.ByPeer {
		return fmt.Sprintf("peer requires features that are not offered: %s (offered %v, required %v)", e.Missing(), e.Offered, e.Required)
	}
	return fmt.Sprintf("peer lacks required features: %s (offers %v, required %v)", e.Missing(), e.Offered, e.Required)
}

// Missing returns the names of what is missing; "bit N" where a feature has none. A peer may refuse without saying what it lacks.
func (e *FeatureError) Missing() string {
	if names := e.Offered.Missing(e.Required).Names(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "none of those that it names"
}

// ProtocolVersionError says that the two sides want different protocol versions.
type ProtocolVersionError struct{ Ours, Theirs uint32 }

// Is makes it an ErrProtocolVersion.
func (e *ProtocolVersionError) Is(target error) bool { return target == ErrProtocolVersion }

func (e *ProtocolVersionError) Error() string {
	return fmt.Sprintf("protocol versions differ: ours %d, theirs %d", e.Ours, e.Theirs)
}

// TypeError says that a peer came as an entity of a type that its principal is not of.
type TypeError struct {
	Principal Principal
	Type      wire.EntityType
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("principal %v came as %v: only a principal of that type may", e.Principal.Name, e.Type)
}

func protocolError(format string, args ...any) error {
	return errors.WithMessagef(ErrProtocol, format, args...)
}
