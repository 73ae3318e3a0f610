package cephx

import (
	"fmt"
	"io"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// LoginConfig says who logs in and for what.
type LoginConfig struct {
	Name auth.EntityName
	Key  CryptoKey
	// Services is the set of services for which tickets are wanted. The one for AUTH comes in any
	// case.
	Services     wire.EntityType
	Requirements Requirements     // of the TicketSet
	Rotating     *RotatingKeyring // takes what RequestRotating brings; nil unless this is a daemon
	Now          func() time.Time // time.Now if nil
	Random       io.Reader        // crypto/rand.Reader if nil
}

// Login is a principal's side of the conversation with a monitor. It is an auth.Login: it does no
// I/O and is used by one goroutine.
//
// On one connection, Begin comes first, and Handle with each reply until it says done. After that,
// Renew and RequestRotating may follow on the same connection, again with Handle until done. When
// the connection is gone, Begin starts on a new one; the global id and the tickets stay.
type Login struct {
	config  LoginConfig
	tickets *TicketSet

	serverChallenge uint64
	state           loginState
	due             wire.EntityType // services wanted by the request under way
}

// loginState is what a Login waits for.
type loginState int

const (
	loginIdle loginState = iota // nothing; Begin is next
	loginDone                   // nothing; the connection has been authenticated
	awaitChallenge
	awaitAuthTicket
	awaitServiceTickets
	awaitRotating
)

var _ auth.Login = (*Login)(nil)

// NewLogin returns a Login that has not begun.
func NewLogin(config LoginConfig) (*Login, error) {
	if config.Key.IsZero() {
		return nil, errors.WithMessagef(ErrNoSuchEntity, "cephx: login of %v without a key",
			config.Name)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Login{config: config, tickets: &TicketSet{
		name:         config.Name,
		requirements: config.Requirements,
		now:          config.Now,
		random:       config.Random,
	}}, nil
}

// Format implements fmt.Formatter; it tells the name, whatever the verb.
func (l *Login) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "cephx login of %v", l.config.Name)
}

// Tickets returns the set that the login fills. It is the same one for the life of the Login.
func (l *Login) Tickets() *TicketSet { return l.tickets }

// Begin implements auth.Login.
func (l *Login) Begin() (auth.LoginRequest, error) {
	l.state, l.serverChallenge = awaitChallenge, 0
	return auth.LoginRequest{
		Protocol: wire.AuthUnknown,
		Payload: auth.InitialRequest{
			Protocols: []uint32{wire.AuthCephx},
			Name:      l.config.Name,
			GlobalID:  l.tickets.GlobalID(),
		}.Append(nil),
	}, nil
}

// Renew returns a request for whatever tickets should be renewed by now or are missing, and whether
// there is one to be sent.
func (l *Login) Renew() (request auth.LoginRequest, needed bool, err error) {
	if l.state != loginDone {
		return auth.LoginRequest{}, false, l.outOfTurn("Renew")
	}
	return l.requestTickets(l.missing())
}

// RenewNow is Renew for a set of services whether or not their tickets are due.
func (l *Login) RenewNow(services wire.EntityType) (request auth.LoginRequest, needed bool,
	err error) {
	if l.state != loginDone {
		return auth.LoginRequest{}, false, l.outOfTurn("RenewNow")
	}
	return l.requestTickets(l.missing() | services)
}

// RequestRotating returns a request for the rotating secrets of the daemon's own service.
func (l *Login) RequestRotating() (auth.LoginRequest, error) {
	if l.state != loginDone {
		return auth.LoginRequest{}, l.outOfTurn("RequestRotating")
	}
	if l.config.Rotating == nil {
		return auth.LoginRequest{}, errors.Errorf("cephx: login of %v has no place for rotating "+
			"secrets", l.config.Name)
	}
	l.state = awaitRotating
	return auth.LoginRequest{Protocol: wire.AuthCephx, Payload: GetRotatingKey.Append(nil)}, nil
}

// Handle implements auth.Login. Besides auth.ErrRefused its error may wrap ErrWrongKey, a
// *ResultError, or ErrClockSkew. After an error Begin is next.
func (l *Login) Handle(reply auth.LoginReply) (next auth.LoginRequest, done bool, err error) {
	next, done, err = l.handle(reply)
	if err != nil {
		l.state = loginIdle
		return auth.LoginRequest{}, false, err
	}
	return next, done, nil
}

func (l *Login) handle(reply auth.LoginReply) (next auth.LoginRequest, done bool, err error) {
	if l.state == loginIdle || l.state == loginDone {
		return next, false, l.outOfTurn("Handle")
	}
	if reply.Result != 0 {
		return next, false, refuse(&ResultError{reply.Result, reply.Message}, "login of %v",
			l.config.Name)
	}
	if reply.Protocol != wire.AuthCephx {
		return next, false, refuse(ErrNoProof,
			"login of %v: monitor chose protocol %d instead of %d", l.config.Name, reply.Protocol,
			wire.AuthCephx)
	}
	if l.state == awaitChallenge {
		return l.handleChallenge(reply)
	}
	header, err := DecodeReplyHeader(reply.Payload)
	if err != nil {
		return next, false, refuse(err, "login of %v", l.config.Name)
	}
	body := reply.Payload[ReplyHeaderSize:]
	if want := l.state.requestType(); header.Type != want {
		return next, false, refuse(wire.ErrInvalid,
			"login of %v: monitor answers to %v instead of %v", l.config.Name, header.Type, want)
	}
	if header.Status != 0 {
		return next, false, refuse(&ResultError{header.Status, reply.Message}, "login of %v: %v",
			l.config.Name, header.Type)
	}
	switch l.state {
	case awaitAuthTicket:
		err = l.handleAuthTicket(reply.GlobalID, body)
	case awaitServiceTickets:
		err = l.handleServiceTickets(body)
	case awaitRotating:
		err = l.handleRotating(body)
	}
	if err != nil {
		return next, false, err
	}
	return l.proceed()
}

func (s loginState) requestType() RequestType {
	switch s {
	case awaitAuthTicket:
		return GetAuthSessionKey
	case awaitServiceTickets:
		return GetPrincipalSessionKey
	}
	return GetRotatingKey
}

// proceed asks for what is still missing. A monitor that leaves a service out is not asked for it
// twice in a row.
func (l *Login) proceed() (next auth.LoginRequest, done bool, err error) {
	asked := l.state
	l.state = loginDone
	if asked == awaitAuthTicket {
		next, needed, err := l.requestTickets(l.missing() & l.due)
		return next, !needed && err == nil, err
	}
	return auth.LoginRequest{}, true, nil
}

func (l *Login) handleChallenge(reply auth.LoginReply) (next auth.LoginRequest, done bool,
	err error) {
	challenge, err := DecodeServerChallenge(reply.Payload)
	if err != nil {
		return next, false, refuse(err, "login of %v", l.config.Name)
	}
	l.serverChallenge = challenge.Challenge
	next, err = l.requestAuthTicket(l.missing() | wire.EntityAuth)
	return next, false, err
}

// missing returns the wanted services for which there is no ticket, or one that should be renewed.
func (l *Login) missing() wire.EntityType {
	return (l.config.Services|wire.EntityAuth)&^l.tickets.Services() |
		l.tickets.NeedRenewal(l.config.Now())
}

// requestTickets asks for tickets for a set of services: by the long-lived key if AUTH is among
// them, else by the ticket for AUTH.
func (l *Login) requestTickets(services wire.EntityType) (request auth.LoginRequest, needed bool,
	err error) {
	if services == 0 {
		return auth.LoginRequest{}, false, nil
	}
	if services&wire.EntityAuth != 0 {
		request, err = l.requestAuthTicket(services)
	} else {
		request, err = l.requestServiceTickets(services)
	}
	return request, err == nil, err
}

func (l *Login) requestAuthTicket(services wire.EntityType) (auth.LoginRequest, error) {
	clientChallenge, err := randomUint64(l.config.Random)
	if err != nil {
		return auth.LoginRequest{}, err
	}
	old, _ := l.tickets.Ticket(wire.EntityAuth) // proves that the global id is ours
	l.state, l.due = awaitAuthTicket, services
	return auth.LoginRequest{Protocol: wire.AuthCephx, Payload: Authenticate{
		ClientChallenge: clientChallenge,
		Proof:           Proof(l.config.Key, l.serverChallenge, clientChallenge),
		OldTicket:       old.Blob,
		OtherKeys:       services,
	}.Append(GetAuthSessionKey.Append(nil))}, nil
}

func (l *Login) requestServiceTickets(services wire.EntityType) (auth.LoginRequest, error) {
	nonce, err := randomUint64(l.config.Random)
	if err != nil {
		return auth.LoginRequest{}, err
	}
	ticket, ok := l.tickets.Ticket(wire.EntityAuth)
	if !ok {
		return auth.LoginRequest{}, errors.WithMessagef(ErrNoTicket, "cephx: login of %v: for auth",
			l.config.Name)
	}
	l.state, l.due = awaitServiceTickets, services
	return auth.LoginRequest{Protocol: wire.AuthCephx, Payload: TicketRequest{
		Authorizer: ticket.authorizer(Authorize{Nonce: nonce}),
		Keys:       services,
	}.Append(GetPrincipalSessionKey.Append(nil))}, nil
}

func (l *Login) handleAuthTicket(globalID uint64, body []byte) error {
	old, _ := l.tickets.Ticket(wire.EntityAuth)
	r, err := DecodeAuthenticateReply(body, l.config.Key, old.SessionKey)
	if err != nil {
		return refuse(err, "login of %v: ticket for auth", l.config.Name)
	}
	if r.Auth.Service != wire.EntityAuth {
		return refuse(wire.ErrInvalid, "login of %v: ticket is for %v instead of auth",
			l.config.Name, r.Auth.Service)
	}
	l.tickets.setGlobalID(globalID)
	l.take(append(r.Other, r.Auth)) // the one for AUTH counts, should it come twice
	return nil
}

func (l *Login) handleServiceTickets(body []byte) error {
	ticket, _ := l.tickets.Ticket(wire.EntityAuth)
	r, err := DecodeTicketReply(body, ticket.SessionKey, CryptoKey{})
	if err != nil {
		return refuse(err, "login of %v: tickets for %v", l.config.Name, serviceNames(l.due))
	}
	l.take(r)
	return nil
}

// take puts issued tickets into the set. A monitor may send more than was asked for, which is
// passed over.
func (l *Login) take(issued TicketReply) {
	globalID, now := l.tickets.GlobalID(), l.config.Now()
	for _, i := range issued {
		if i.Service&l.due != 0 {
			l.tickets.put(newTicket(i, globalID, now))
		}
	}
}

func (l *Login) handleRotating(body []byte) error {
	secrets, err := DecodeRotatingReply(body, l.config.Key)
	if err != nil {
		return refuse(err, "login of %v: rotating secrets", l.config.Name)
	}
	return l.config.Rotating.Set(secrets, l.config.Now())
}

func (l *Login) outOfTurn(method string) error {
	return errors.Errorf("cephx: login of %v: %s out of turn", l.config.Name, method)
}
