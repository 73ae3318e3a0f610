package cephx

import (
	"fmt"

	"github.com/pkg/errors"

	"simplemessenger/auth"
)

// The errors that a refusal may wrap besides auth.ErrRefused, to be tested with errors.Is. Others
// are ErrWrongKey, ErrNoSuchEntity, ErrUnknownSecret, ErrClockSkew and those of package wire.
var (
	// ErrTicketExpired says that a ticket is past its time.
	ErrTicketExpired = errors.New("ticket has expired")
	// ErrNoTicket says that there is no ticket for a service.
	ErrNoTicket = errors.New("no ticket")
	// ErrNoProof says that a peer did not prove what it says: it answered to something that we did
	// not ask.
	ErrNoProof = errors.New("no proof")
	// ErrReplay says that an authorizer answers a challenge that was not ours, or comes once more
	// where the answer to a challenge is due: it was recorded elsewhere.
	ErrReplay = errors.New("replayed authorizer")
)

// refusal is an error that wraps auth.ErrRefused and its cause.
type refusal struct {
	what  string
	cause error
}

func refuse(cause error, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), cause}
}

func (r *refusal) Error() string { return "cephx: " + r.what + ": " + r.cause.Error() }

func (r *refusal) Unwrap() []error { return []error{auth.ErrRefused, r.cause} }
