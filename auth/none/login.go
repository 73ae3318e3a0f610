package none

import (
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Login is an auth.Login that says its name and is given a global id.
type Login struct {
	client  Client
	waiting bool
}

var _ auth.Login = (*Login)(nil)

// NewLogin returns a Login that has not begun.
func NewLogin(name auth.EntityName) *Login { return &Login{client: Client{Name: name}} }

// Client returns an auth.Client with the global id of the login, 0 before it is done.
func (l *Login) Client() Client { return l.client }

// Begin implements auth.Login. After an earlier login it asks for the same global id.
func (l *Login) Begin() (auth.LoginRequest, error) {
	l.waiting = true
	return auth.LoginRequest{
		Protocol: wire.AuthUnknown,
		Payload: auth.InitialRequest{
			Protocols: []uint32{wire.AuthNone}, Name: l.client.Name, GlobalID: l.client.GlobalID,
		}.Append(nil),
	}, nil
}

// Handle implements auth.Login.
func (l *Login) Handle(reply auth.LoginReply) (next auth.LoginRequest, done bool, err error) {
	switch {
	case !l.waiting:
		return next, false, errors.Errorf("auth/none: login of %v: Handle out of turn",
			l.client.Name)
	case reply.Result != 0:
		err = errors.WithMessagef(auth.ErrRefused,
			"auth/none: login of %v: monitor answers error %d %q", l.client.Name, reply.Result,
			reply.Message)
	case reply.Protocol != wire.AuthNone:
		err = errors.WithMessagef(auth.ErrRefused,
			"auth/none: login of %v: monitor chose protocol %d instead of %d", l.client.Name,
			reply.Protocol, wire.AuthNone)
	default:
		l.client.GlobalID = reply.GlobalID
	}
	l.waiting = false
	return next, err == nil, err
}
