package none

import (
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Client is an auth.Client that says its name. The zero value of GlobalID is what somebody has who
// did not log in.
type Client struct {
	Name     auth.EntityName
	GlobalID uint64
}

var _ auth.Client = Client{}

// Authorizer returns the same bytes for every peer; fresh makes no difference.
func (c Client) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) {
	return attempt(Authorizer(c).Append(nil)), nil
}

// RequiredFeatures returns 0.
func (Client) RequiredFeatures(wire.EntityType) wire.Features { return 0 }

// attempt is the encoded authorizer of one attempt.
type attempt []byte

func (attempt) Protocol() uint32 { return wire.AuthNone }

func (a attempt) Bytes() []byte { return a }

// AnswerChallenge fails: a server that challenges does not speak this method.
func (attempt) AnswerChallenge([]byte) error {
	return errors.WithMessage(auth.ErrRefused,
		"auth/none: peer sent a challenge, which this method does not have")
}

// VerifyReply takes whatever the server says, as there is nothing that it could prove.
func (attempt) VerifyReply([]byte, wire.Features) (auth.Security, error) { return nil, nil }
