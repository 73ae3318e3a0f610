package cephx

import (
	"fmt"
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// SharedKeyConfig says who shares a key.
type SharedKeyConfig struct {
	// Service is the entity type of those who share the key, ourselves included.
	Service      wire.EntityType
	Key          CryptoKey
	TicketTTL    time.Duration // validity of tickets, DefaultServiceTicketTTL if 0
	Requirements Requirements
	Now          func() time.Time // time.Now if nil
	Random       io.Reader        // crypto/rand.Reader if nil; must bear calls from many goroutines
}

// SharedKeyClient is an auth.Client for daemons that share one key and therefore make their tickets
// themselves, as monitors do among each other with the key of "mon.". On the other side a Server
// takes such tickets if its SecretSource has that key: a Keyring, or a RotatingKeyring around one.
// It is used from many goroutines at once.
type SharedKeyClient struct{ config SharedKeyConfig }

var _ auth.Client = (*SharedKeyClient)(nil)

// NewSharedKeyClient returns a SharedKeyClient.
func NewSharedKeyClient(config SharedKeyConfig) (*SharedKeyClient, error) {
	if config.Key.IsZero() {
		return nil, errors.WithMessagef(ErrNoSuchEntity, "cephx: no key that all of %v share",
			config.Service)
	}
	if config.TicketTTL == 0 {
		config.TicketTTL = DefaultServiceTicketTTL
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &SharedKeyClient{config}, nil
}

// Format implements fmt.Formatter; it tells the service, whatever the verb.
func (c *SharedKeyClient) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "cephx shared key of %v", c.config.Service)
}

// RequiredFeatures implements auth.Client.
func (c *SharedKeyClient) RequiredFeatures(peer wire.EntityType) wire.Features {
	if peer != c.config.Service {
		return 0
	}
	return c.config.Requirements.RequiredFeatures(peer)
}

// Authorizer implements auth.Client. Each one has a new ticket with a new session key; fresh makes
// no difference. Peers that do not share the key get none.
func (c *SharedKeyClient) Authorizer(peer wire.EntityType, _ bool) (auth.Authorizer, error) {
	if peer != c.config.Service {
		return nil, nil
	}
	now := c.config.Now()
	sessionKey, err := GenerateKey(c.config.Random, now)
	if err != nil {
		return nil, err
	}
	info := ServiceTicketInfo{
		Ticket: AuthTicket{
			Name:    auth.EntityName{Type: c.config.Service},
			Created: now, Expires: now.Add(c.config.TicketTTL),
		},
		SessionKey: sessionKey,
	}
	ticket := Ticket{Service: peer, SessionKey: sessionKey,
		Blob: info.Seal(c.config.Key, SharedSecretID)}
	return ticket.NewAuthorizer(c.config.Requirements, c.config.Random)
}
