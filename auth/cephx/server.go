package cephx

import (
	"fmt"
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// DefaultExpiryGrace is the ServerConfig.ExpiryGrace that 0 stands for: with Ceph's usual validity
// of an hour it is how long the secret of an expired ticket is still around at least.
const DefaultExpiryGrace = time.Hour

// ServerConfig says who judges and by what.
type ServerConfig struct {
	// Service is the entity type that we are. A ticket for another one is refused.
	Service wire.EntityType
	// Secrets open tickets.
	Secrets      SecretSource
	Requirements Requirements
	// AcceptUnknown reports whether a peer of that type may come with protocol 0, without
	// credentials; nil stands for nobody. A monitor accepts that from everybody but other monitors,
	// because they log in by messages.
	AcceptUnknown func(wire.EntityType) bool
	// ExpiryGrace is how long a ticket is taken after its time, 0 for DefaultExpiryGrace. Negative,
	// tickets are taken for as long as their secret is there, as Ceph does.
	ExpiryGrace time.Duration
	Now         func() time.Time // time.Now if nil
	Random      io.Reader        // crypto/rand.Reader if nil; must bear calls from many goroutines
}

// Server is an auth.Server that opens tickets.
type Server struct{ config ServerConfig }

var _ auth.Server = (*Server)(nil)

// NewServer returns a Server.
func NewServer(config ServerConfig) (*Server, error) {
	if config.Secrets == nil {
		return nil, errors.New("cephx: server without secrets")
	}
	if config.ExpiryGrace == 0 {
		config.ExpiryGrace = DefaultExpiryGrace
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Server{config}, nil
}

// Format implements fmt.Formatter; it tells the service, whatever the verb.
func (s *Server) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "cephx server of %v", s.config.Service)
}

// RequiredFeatures implements auth.Server. It requires nothing of those who may come without
// credentials.
func (s *Server) RequiredFeatures(peer wire.EntityType) wire.Features {
	if s.config.AcceptUnknown != nil && s.config.AcceptUnknown(peer) {
		return 0
	}
	return s.config.Requirements.RequiredFeatures(peer)
}

// MustProve implements auth.Server: everybody must, but who may come without credentials.
func (s *Server) MustProve(peer wire.EntityType) bool {
	return s.config.AcceptUnknown == nil || !s.config.AcceptUnknown(peer)
}

// NewExchange implements auth.Server.
func (s *Server) NewExchange(wire.EntityAddr) auth.Exchange { return &exchange{config: &s.config} }

// openTicket finds the secret of an authorizer's ticket, opens it and looks whether it is the
// authorizer's own.
func openTicket(a Authorizer, secrets SecretSource) (ServiceTicketInfo, error) {
	secret, err := secrets.ServiceSecret(a.Service, a.Ticket.SecretID)
	if err != nil {
		return ServiceTicketInfo{}, refuse(err, "ticket for %v", a.Service)
	}
	info, err := a.Ticket.Open(secret)
	if err != nil {
		return ServiceTicketInfo{}, refuse(err, "ticket for %v", a.Service)
	}
	if info.Ticket.GlobalID != a.GlobalID {
		return ServiceTicketInfo{}, refuse(ErrNoProof,
			"ticket of %v with global id %d in an authorizer of %d", info.Ticket.Name,
			info.Ticket.GlobalID, a.GlobalID)
	}
	return info, nil
}

// openAuthorize opens the part of an authorizer that takes the session key.
func openAuthorize(a Authorizer, info ServiceTicketInfo) (Authorize, error) {
	body, err := info.SessionKey.Open(a.Authorize)
	if err != nil {
		return Authorize{}, refuse(err, "authorizer with the ticket of %v", info.Ticket.Name)
	}
	authorize, err := DecodeAuthorize(body)
	if err != nil {
		return Authorize{}, refuse(err, "authorizer with the ticket of %v", info.Ticket.Name)
	}
	return authorize, nil
}

// checkExpiry refuses a ticket that is past its time by more than grace, unless that is negative.
func checkExpiry(t AuthTicket, grace time.Duration, now time.Time) error {
	if t.Expires.IsZero() || grace < 0 || !now.After(t.Expires.Add(grace)) {
		return nil
	}
	return refuse(ErrTicketExpired, "ticket of %v, made at %v, expired at %v, %v ago by our clock",
		t.Name, t.Created, t.Expires, now.Sub(t.Expires))
}
