package protocol

import (
	"strconv"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// The rules of identity: whose is a session? An address is what a peer says of itself. Where peers
// have to prove who they are, two that claim one address are two peers, and each has a session of
// its own there.

// Principal is who a peer has proved to be. The zero value has proved nothing.
type Principal struct {
	Name     auth.EntityName
	GlobalID uint64 // tells apart the clients that share a name
}

// PrincipalOf returns what an identity proves.
func PrincipalOf(id auth.Identity) Principal {
	if !id.Proven {
		return Principal{}
	}
	name, err := auth.ParseEntityName(id.Name)
	if err != nil { // of no type that we know; so it is nobody whom a name of the wire could mean
		name = auth.EntityName{ID: id.Name}
	}
	return Principal{name, id.GlobalID}
}

// IsZero reports whether nothing is proved.
func (p Principal) IsZero() bool { return p == Principal{} }

// MayComeAs reports whether a principal may connect as an entity of type t. Daemons' types are for
// their own principals; as a client comes everybody: librados inside a manager does, with the
// manager's ticket.
func (p Principal) MayComeAs(t wire.EntityType) bool {
	return p.IsZero() || t == wire.EntityClient || t == p.Name.Type
}

// Fits reports whether an entity's name can be this principal's. An OSD's number is its principal's
// id, and a client's, whatever principal comes as one, is the global id of its ticket. Monitors
// share one principal, and the numbers of managers and mds say nothing of theirs, so of those only
// the type is compared. Nothing contradicts who has proved nothing.
func (p Principal) Fits(n wire.EntityName) bool {
	switch {
	case p.IsZero():
		return true
	case !p.MayComeAs(n.Type):
		return false
	}
	known := p.EntityName(n.Type).Num
	return known == wire.NumUnknown || n.Num == wire.NumUnknown || n.Num == known
}

// EntityName returns the name that the principal has when it comes as an entity of type t; its
// number is wire.NumUnknown where the principal does not tell.
func (p Principal) EntityName(t wire.EntityType) wire.EntityName {
	n := wire.EntityName{Type: t, Num: wire.NumUnknown}
	switch {
	case p.IsZero():
	case t == wire.EntityClient:
		n.Num = int64(p.GlobalID)
	case t == wire.EntityOSD:
		if num, err := strconv.ParseInt(p.Name.ID, 10, 64); err == nil && num >= 0 {
			n.Num = num
		}
	}
	return n
}

// Claim is what is known of the other end of a registered pipe: by what right it has its session.
type Claim struct {
	Principal Principal // that the peer has proved to be, when it last connected to us
	// Called is the name by which our user asked for the session; the zero name if the peer came by
	// itself. To whom we connect proves its type alone: all daemons of one type share the secret
	// that opens their tickets.
	Called wire.EntityName
	// MustProve: peers of the type that was called have to prove themselves when they connect to
	// us.
	MustProve bool
}

// Admits reports whether a peer that connects to us, and has proved to be p, comes to this session.
func (c Claim) Admits(p Principal) bool {
	switch {
	case !c.Principal.IsZero():
		return p.Name == c.Principal.Name
	case c.MustProve:
		return !p.IsZero() && p.Fits(c.Called)
	case c.Called != wire.EntityName{}:
		return p.Fits(c.Called)
	}
	return p.IsZero()
}

// Serves reports whether what our user sends to that name belongs into this session. mustProve says
// whether peers of the name's type have to prove themselves when they connect to us.
func (c Claim) Serves(n wire.EntityName, mustProve bool) bool {
	switch {
	case !c.Principal.IsZero():
		return c.Principal.Fits(n)
	case c.Called == wire.EntityName{}:
		return !mustProve // the session of somebody who has proved nothing
	}
	return !mustProve && !c.MustProve || c.Called.Type == n.Type
}
