package none

import (
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Server is an auth.Server that accepts every authorizer of protocol 1 that can be read.
type Server struct {
	// AcceptUnknown reports whether a peer of that type may come with protocol 0, without a word
	// about itself; nil stands for nobody. A monitor accepts that from everybody but other
	// monitors: see ExceptMonitors.
	AcceptUnknown func(wire.EntityType) bool
}

var _ auth.Server = Server{}

// ExceptMonitors is what a monitor has for Server.AcceptUnknown.
func ExceptMonitors(peer wire.EntityType) bool { return peer != wire.EntityMon }

// NewExchange begins the judging of one accepted socket.
func (s Server) NewExchange(wire.EntityAddr) auth.Exchange { return exchange(s) }

// RequiredFeatures returns 0.
func (Server) RequiredFeatures(wire.EntityType) wire.Features { return 0 }

// MustProve returns false: nobody proves anything here.
func (Server) MustProve(wire.EntityType) bool { return false }

type exchange Server

// Verify believes what the authorizer says.
func (e exchange) Verify(r auth.Request) auth.Result {
	switch r.Connect.AuthorizerProtocol {
	case wire.AuthUnknown:
		if len(r.Authorizer) == 0 && e.AcceptUnknown != nil && e.AcceptUnknown(r.Connect.HostType) {
			return auth.Result{Outcome: auth.Accepted}
		}
		return refused("peer of type %v came without an authorizer", r.Connect.HostType)
	case wire.AuthNone:
		a, err := DecodeAuthorizer(r.Authorizer)
		if err != nil {
			return refused("malformed authorizer: %v", err)
		}
		return auth.Result{
			Outcome:  auth.Accepted,
			Identity: auth.Identity{Name: a.Name.String(), GlobalID: a.GlobalID},
		}
	}
	return refused("peer offers authorizer protocol %d, want %d (none)",
		r.Connect.AuthorizerProtocol, wire.AuthNone)
}

func refused(format string, args ...any) auth.Result {
	return auth.Result{Outcome: auth.Refused, Err: errors.WithMessagef(auth.ErrRefused,
		"auth/none: "+format, args...)}
}
