package monclient

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

// login is an auth.Login that offers one or both methods and goes on with the one that the monitor
// chooses. It belongs to run.
type login struct {
	config *Config
	cephx  *cephx.Login // nil unless offered
	none   *none.Login  // nil unless offered
	chosen auth.Login   // nil until the monitor has chosen
}

var _ auth.Login = (*login)(nil)

func newLogin(config *Config) (*login, error) {
	l := &login{config: config}
	if slices.Contains(config.Methods, wire.AuthNone) {
		l.none = none.NewLogin(config.Name)
	}
	if slices.Contains(config.Methods, wire.AuthCephx) {
		var err error
		l.cephx, err = cephx.NewLogin(cephx.LoginConfig{Name: config.Name, Key: config.Key,
			Services:     config.Services,
			Requirements: config.Requirements, Rotating: config.Rotating, Now: config.Now})
		if err != nil {
			return nil, err
		}
	}
	if l.none == nil && l.cephx == nil {
		return nil, errors.Errorf("monclient: no method known among %v", config.Methods)
	}
	return l, nil
}

// Begin implements auth.Login.
func (l *login) Begin() (auth.LoginRequest, error) {
	l.chosen = nil
	return auth.LoginRequest{
		Protocol: wire.AuthUnknown,
		Payload: auth.InitialRequest{Protocols: l.config.Methods, Name: l.config.Name,
			GlobalID: l.globalID()}.Append(nil),
	}, nil
}

// Handle implements auth.Login. The reply to the first request tells the method.
func (l *login) Handle(reply auth.LoginReply) (auth.LoginRequest, bool, error) {
	if l.chosen == nil {
		if err := l.choose(reply); err != nil {
			return auth.LoginRequest{}, false, err
		}
	}
	next, done, err := l.chosen.Handle(reply)
	if done && err == nil && l.globalID() == 0 {
		err = errors.WithMessagef(auth.ErrRefused,
			"the monitor answers that we are logged in (%s), but as nobody: global id 0",
			methodName(reply.Protocol))
	}
	return next, done && err == nil, err
}

func (l *login) choose(reply auth.LoginReply) error {
	switch {
	case messages.Errno(reply.Result) == messages.EOPNOTSUPP:
		return &methodError{offered: l.config.Methods}
	case reply.Protocol == wire.AuthCephx && l.cephx != nil, l.none == nil:
		l.chosen = l.cephx
	default:
		l.chosen = l.none
	}
	_, err := l.chosen.Begin() // what it would have asked has been asked
	return err
}

// tickets returns the tickets of the login, nil unless the method is cephx.
func (l *login) tickets() *cephx.TicketSet {
	if l.cephx == nil || l.chosen != auth.Login(l.cephx) {
		return nil
	}
	return l.cephx.Tickets()
}

// client returns the credentials that the login has led to.
func (l *login) client() auth.Client {
	if tickets := l.tickets(); tickets != nil {
		return tickets
	}
	return l.none.Client()
}

// globalID returns the number of the login before, 0 if there was none.
func (l *login) globalID() uint64 {
	if l.cephx != nil {
		if id := l.cephx.Tickets().GlobalID(); id != 0 {
			return id
		}
	}
	if l.none != nil {
		return l.none.Client().GlobalID
	}
	return 0
}

// methodError is an ErrMethod that is an auth.ErrRefused too.
type methodError struct{ offered []uint32 }

func (e *methodError) Error() string {
	names := make([]string, len(e.offered))
	for i, m := range e.offered {
		names[i] = methodName(m)
	}
	return fmt.Sprintf("%v: the monitor wants none of %s", ErrMethod, strings.Join(names, ", "))
}

func (e *methodError) Unwrap() []error { return []error{ErrMethod, auth.ErrRefused} }

func methodName(protocol uint32) string {
	switch protocol {
	case wire.AuthNone:
		return "none"
	case wire.AuthCephx:
		return "cephx"
	}
	return fmt.Sprintf("method %d", protocol)
}
