package protocol

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// Errors of the rules, to be tested with errors.Is.
var (
	// ErrProtocolVersion: the two sides want different protocol versions, which depend on the types
	// of both. See ProtocolVersionError.
	ErrProtocolVersion = errors.New("protocol versions differ (BADPROTOVER)")
	// ErrFeatures: one side lacks features that the other one requires. See FeatureError.
	ErrFeatures = errors.New("required features are missing (FEATURES)")
	// ErrBadAuthorizer: the peer refused our credentials, also fresh ones.
	ErrBadAuthorizer = errors.New("peer refused the authorizer (BADAUTHORIZER)")
	// ErrProtocol: the peer broke a rule of the protocol.
	ErrProtocol = errors.New("protocol violation")
	// ErrMessageTooLarge: a header claims more than Config.MaxMessageSize.
	ErrMessageTooLarge = errors.New("message above the size limit")
)

// FeatureError says that one side lacks features that the other requires.
type FeatureError struct {
	Offered, Required wire.Features
	ByPeer            bool // the peer requires, we offer; else the other way round
}

// Is makes it an ErrFeatures.
func (e *FeatureError) Is(target error) bool { return target == ErrFeatures }

func (e *FeatureError) Error() string {
	if e.ByPeer {
		return fmt.Sprintf("peer requires features that are not offered: %s (offered %v, required "+
			"%v)", e.Missing(), e.Offered, e.Required)
	}
	return fmt.Sprintf("peer lacks required features: %s (offers %v, required %v)", e.Missing(),
		e.Offered, e.Required)
}

// Missing returns the names of what is missing; "bit N" where a feature has none. A peer may refuse
// without saying what it lacks.
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
	return fmt.Sprintf("principal %v came as %v: only a principal of that type may",
		e.Principal.Name, e.Type)
}

func Violation(format string, args ...any) error {
	return errors.WithMessagef(ErrProtocol, format, args...)
}
