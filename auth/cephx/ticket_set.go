package cephx

import (
	"context"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// TicketSet holds the tickets of one principal by service, and is the auth.Client made of them. A
// Login fills it and keeps it up to date. It is used from many goroutines at once.
type TicketSet struct {
	name         auth.EntityName
	requirements Requirements
	now          func() time.Time
	random       io.Reader

	mu       sync.Mutex // guards what follows
	globalID uint64
	tickets  map[wire.EntityType]Ticket
	renew    func(ctx context.Context, services wire.EntityType) error
	renewing *renewal
}

var _ auth.ContextClient = (*TicketSet)(nil)

// renewal is one call of the renew hook. The rest is valid once done is closed.
type renewal struct {
	done   chan struct{}
	err    error
	gaveUp bool // who called it: that says nothing to others who wait for it
}

// Format implements fmt.Formatter; it tells the name, whatever the verb.
func (s *TicketSet) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "cephx tickets of %v", s.name)
}

// Name returns the name of the principal.
func (s *TicketSet) Name() auth.EntityName { return s.name }

// GlobalID returns the number that the monitors gave to the principal, 0 before its first login.
func (s *TicketSet) GlobalID() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.globalID
}

// Ticket returns the ticket for a service.
func (s *TicketSet) Ticket(service wire.EntityType) (Ticket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tickets[service]
	return t, ok
}

// Services returns the set of services for which there are tickets.
func (s *TicketSet) Services() (services wire.EntityType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for service := range s.tickets {
		services |= service
	}
	return services
}

// NeedRenewal returns the set of services whose tickets should be renewed by now.
func (s *TicketSet) NeedRenewal(now time.Time) (services wire.EntityType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for service, t := range s.tickets {
		if t.NeedRenewal(now) {
			services |= service
		}
	}
	return services
}

// NextRenewal returns when the first of the tickets should be renewed, zero if none ever expires.
func (s *TicketSet) NextRenewal() (first time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tickets {
		if !t.RenewAfter.IsZero() && (first.IsZero() || t.RenewAfter.Before(first)) {
			first = t.RenewAfter
		}
	}
	return first
}

// SetRenew gives the set a way to renew tickets by itself: renew gets new tickets for a set of
// services from the monitors, puts them in by means of a Login, and returns; when ctx ends it
// returns without. It is called by Authorizer, without locks and never twice at the same time.
func (s *TicketSet) SetRenew(renew func(ctx context.Context, services wire.EntityType) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renew = renew
}

// RequiredFeatures implements auth.Client.
func (s *TicketSet) RequiredFeatures(peer wire.EntityType) wire.Features {
	if peer == wire.EntityMon {
		return 0
	}
	return s.requirements.RequiredFeatures(peer)
}

// Authorizer implements auth.Client. Monitors get none: one logs in to them by messages. With fresh
// set, or if the ticket has expired or there is none, the ticket is renewed first if SetRenew gave
// a way to do so. Without one a fresh authorizer is made of the same ticket, and no or an expired
// ticket is an error that wraps ErrNoTicket or ErrTicketExpired.
func (s *TicketSet) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	return s.AuthorizerContext(context.Background(), peer, fresh)
}

// AuthorizerContext implements auth.ContextClient: it is Authorizer that waits for a renewal until
// ctx ends.
func (s *TicketSet) AuthorizerContext(ctx context.Context, peer wire.EntityType,
	fresh bool) (auth.Authorizer, error) {
	if peer == wire.EntityMon {
		return nil, nil
	}
	ticket, err := s.usable(peer)
	if err != nil || fresh {
		renewErr := s.renewNow(ctx, peer)
		if renewErr != nil {
			return nil, errors.WithMessagef(renewErr, "cephx: renew ticket of %v for %v", s.name,
				peer)
		}
		ticket, err = s.usable(peer)
	}
	if err != nil {
		return nil, err
	}
	return ticket.NewAuthorizer(s.requirements, s.random)
}

func (s *TicketSet) usable(service wire.EntityType) (Ticket, error) {
	t, ok := s.Ticket(service)
	if !ok {
		return Ticket{}, errors.WithMessagef(ErrNoTicket,
			"cephx: %v has tickets for %v, none for %v", s.name, serviceNames(s.Services()),
			service)
	}
	if now := s.now(); t.Expired(now) {
		return Ticket{}, errors.WithMessagef(ErrTicketExpired,
			"cephx: ticket of %v for %v: at %v, %v ago", s.name, service, t.Expires,
			now.Sub(t.Expires))
	}
	return t, nil
}

// renewNow calls the renew hook, if there is one. Whoever comes while a call is under way waits for
// its end and does without one of its own, unless it brought nothing for that service: otherwise it
// is newer than what they were refused with. The call ends with the ctx of who has made it; then
// the next one who waits makes another.
func (s *TicketSet) renewNow(ctx context.Context, service wire.EntityType) error {
	s.mu.Lock()
	for s.renewing != nil {
		r := s.renewing
		s.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return errors.WithStack(context.Cause(ctx))
		}
		if _, err := s.usable(service); !r.gaveUp && (r.err != nil || err == nil) {
			return r.err
		}
		s.mu.Lock()
	}
	if s.renew == nil {
		s.mu.Unlock()
		return nil
	}
	r, renew := &renewal{done: make(chan struct{})}, s.renew
	s.renewing = r
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.renewing = nil
		s.mu.Unlock()
		close(r.done)
	}()
	r.err = renew(ctx, service|s.Services())
	r.gaveUp = r.err != nil && ctx.Err() != nil
	return r.err
}

// put takes new tickets in, over the old ones of the same services.
func (s *TicketSet) put(tickets ...Ticket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tickets == nil {
		s.tickets = map[wire.EntityType]Ticket{}
	}
	for _, t := range tickets {
		s.tickets[t.Service] = t
	}
}

func (s *TicketSet) setGlobalID(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.globalID = id
}

// serviceNames returns the names of a set of services, such as "osd+auth".
func serviceNames(services wire.EntityType) string {
	if services == 0 {
		return "nothing"
	}
	var names []string
	for ; services != 0; services &= services - 1 {
		names = append(names, wire.EntityType(1<<bits.TrailingZeros8(uint8(services))).String())
	}
	return strings.Join(names, "+")
}
