// Package badge is a method of authentication for tests: who shows a badge is believed to be who it
// says. Where it is taken for proof, the messenger does as with cephx, without secrets, monitors
// and clocks.
package badge

import (
	"encoding/binary"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Badge says who somebody is. As an auth.Client it is shown to everybody.
type Badge struct {
	Name     string // such as "osd.1"
	GlobalID uint64
}

var (
	_ auth.Client = Badge{}
	_ auth.Server = Door{}
)

// Authorizer implements auth.Client.
func (b Badge) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) { return shown(b), nil }

// RequiredFeatures implements auth.Client.
func (Badge) RequiredFeatures(wire.EntityType) wire.Features { return 0 }

// Append appends the badge as it stands behind a connect message.
func (b Badge) Append(to []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(to, b.GlobalID), b.Name...)
}

type shown Badge

func (s shown) Protocol() uint32             { return wire.AuthCephx }
func (s shown) Bytes() []byte                { return Badge(s).Append(nil) }
func (s shown) AnswerChallenge([]byte) error { return errors.New("badge: challenged") }
func (s shown) VerifyReply([]byte, wire.Features) (auth.Security, error) {
	return nil, nil
}

// Door is an auth.Server that lets in who shows a badge.
type Door struct {
	// Open reports whether peers of a type may come without; nil stands for nobody.
	Open func(wire.EntityType) bool
}

// NewExchange implements auth.Server.
func (d Door) NewExchange(wire.EntityAddr) auth.Exchange { return exchange{d} }

// RequiredFeatures implements auth.Server.
func (Door) RequiredFeatures(wire.EntityType) wire.Features { return 0 }

// MustProve implements auth.Server.
func (d Door) MustProve(peer wire.EntityType) bool { return d.Open == nil || !d.Open(peer) }

type exchange struct{ door Door }

// Verify implements auth.Exchange.
func (e exchange) Verify(r auth.Request) auth.Result {
	switch {
	case len(r.Authorizer) == 0 && !e.door.MustProve(r.Connect.HostType):
		return auth.Result{Outcome: auth.Accepted}
	case len(r.Authorizer) <= 8:
		return auth.Result{Err: errors.WithMessage(auth.ErrRefused, "badge: none")}
	}
	return auth.Result{Outcome: auth.Accepted, Identity: auth.Identity{
		Name: string(r.Authorizer[8:]), GlobalID: binary.LittleEndian.Uint64(r.Authorizer),
		Proven: true,
	}}
}
