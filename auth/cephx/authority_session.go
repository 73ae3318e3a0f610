package cephx

import (
	"slices"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// AuthoritySession is the Authority's side of the login on one connection. It does no I/O and is
// used by one goroutine.
type AuthoritySession struct {
	authority *Authority

	name            auth.EntityName
	globalID        uint64
	reclaim         bool   // the client wants to go on with a global id that it had
	serverChallenge uint64 // 0 before the first request
	identity        *auth.Identity
}

// NewSession begins the login on a connection.
func (a *Authority) NewSession() *AuthoritySession { return &AuthoritySession{authority: a} }

// Identity returns who logged in, and false before somebody has.
func (s *AuthoritySession) Identity() (auth.Identity, bool) {
	if s.identity == nil {
		return auth.Identity{}, false
	}
	return *s.identity, true
}

// Handle answers one request. The reply is to be sent in any case; err says, for logs, why it is a
// refusal. It does not say so to the client: a wrong key looks the same as an unknown name.
func (s *AuthoritySession) Handle(request auth.LoginRequest) (auth.LoginReply, error) {
	payload, code, err := s.handle(request)
	reply := auth.LoginReply{Protocol: wire.AuthCephx, GlobalID: s.globalID, Payload: payload}
	if err != nil {
		reply.Payload, reply.Result = nil, code
	}
	return reply, err
}

func (s *AuthoritySession) handle(request auth.LoginRequest) (payload []byte, code int32,
	err error) {
	switch {
	case request.Protocol == wire.AuthUnknown:
		return s.begin(request.Payload)
	case request.Protocol != wire.AuthCephx:
		return nil, codeInvalid, refuse(wire.ErrInvalid, "login by protocol %d", request.Protocol)
	case s.serverChallenge == 0:
		return nil, codeInvalid, refuse(wire.ErrInvalid, "login does not begin at the beginning")
	}
	t, err := DecodeRequestType(request.Payload)
	if err != nil {
		return nil, codePermission, refuse(err, "login of %v", s.name)
	}
	body := request.Payload[RequestSize:]
	switch t {
	case GetAuthSessionKey:
		return s.authenticate(body)
	case GetPrincipalSessionKey:
		return s.principal(body)
	case GetRotatingKey:
		return s.rotating()
	}
	return nil, codeInvalid, refuse(wire.ErrInvalid, "login of %v: %v", s.name, t)
}

func (s *AuthoritySession) begin(payload []byte) ([]byte, int32, error) {
	r, err := auth.DecodeInitialRequest(payload)
	if err != nil {
		return nil, codeInvalid, refuse(err, "login")
	}
	if !slices.Contains(r.Protocols, wire.AuthCephx) {
		return nil, codeUnsupported, refuse(wire.ErrInvalid,
			"login of %v by protocols %v, none of them cephx", r.Name, r.Protocols)
	}
	s.name, s.globalID, s.reclaim, s.identity = r.Name, r.GlobalID, r.GlobalID != 0, nil
	if !s.reclaim {
		s.globalID = s.authority.newGlobalID()
	}
	for s.serverChallenge = 0; s.serverChallenge == 0; { // 0 means none
		if s.serverChallenge, err = randomUint64(s.authority.config.Random); err != nil {
			return nil, codeIO, err
		}
	}
	return ServerChallenge{s.serverChallenge}.Append(nil), 0, nil
}

func (s *AuthoritySession) authenticate(body []byte) ([]byte, int32, error) {
	r, err := DecodeAuthenticate(body)
	if err != nil {
		return nil, codePermission, refuse(err, "login of %v", s.name)
	}
	entry, err := s.authority.config.Keyring.Lookup(s.name)
	if err != nil {
		return nil, codeAccess, refuse(err, "login of %v", s.name)
	}
	if !equalUint64(r.Proof, Proof(entry.Key, s.serverChallenge, r.ClientChallenge)) {
		return nil, codeAccess, refuse(ErrWrongKey, "login of %v", s.name)
	}
	monCaps := entry.Caps[wire.EntityMon.String()]
	if monCaps == "" {
		return nil, codeAccess, refuse(ErrNoSuchEntity, "login of %v: no caps for mon", s.name)
	}
	oldKey, code, err := s.oldTicket(r)
	if err != nil {
		return nil, code, err
	}
	ticket := AuthTicket{Name: s.name, GlobalID: s.globalID}
	issued, err := s.authority.issue(wire.EntityAuth, ticket)
	if err != nil {
		return nil, codeIO, err
	}
	other, err := s.authority.issueServices(r.OtherKeys, s.name, s.globalID)
	if err != nil {
		return nil, codeIO, err
	}
	s.reclaim = true // from here on the client has the ticket to prove it
	s.identity = &auth.Identity{Name: s.name.String(), GlobalID: s.globalID, Proven: true,
		Capabilities: capsInfo(monCaps).Caps}
	reply := ReplyHeader{Type: GetAuthSessionKey}.Append(nil)
	return AuthenticateReply{issued, other}.Append(reply, entry.Key, oldKey, r.OtherKeys != 0), 0,
		nil
}

// oldTicket looks whether a client that wants to go on with a global id proves that it was its own,
// and returns the session key of the ticket that proves it.
func (s *AuthoritySession) oldTicket(r Authenticate) (CryptoKey, int32, error) {
	config := &s.authority.config
	if !s.reclaim {
		if !r.OldTicket.IsEmpty() {
			return CryptoKey{}, codeInvalid, refuse(wire.ErrInvalid,
				"login of %v: an old ticket, but no old global id", s.name)
		}
		return CryptoKey{}, 0, nil
	}
	info, err := s.openOldTicket(r.OldTicket)
	if err == nil {
		s.authority.reserveGlobalID(s.globalID)
		return info.SessionKey, 0, nil
	}
	if config.AllowInsecureGlobalIDReclaim {
		s.authority.reserveGlobalID(s.globalID)
		return CryptoKey{}, 0, nil
	}
	return CryptoKey{}, codeAccess, refuse(err, "login of %v: global id %d", s.name, s.globalID)
}

func (s *AuthoritySession) openOldTicket(t TicketBlob) (ServiceTicketInfo, error) {
	if t.IsEmpty() {
		return ServiceTicketInfo{}, errors.WithMessage(ErrNoTicket,
			"of the login in which it was given")
	}
	secret, err := s.authority.ServiceSecret(wire.EntityAuth, t.SecretID)
	if err != nil {
		return ServiceTicketInfo{}, err
	}
	info, err := t.Open(secret)
	if err != nil {
		return ServiceTicketInfo{}, err
	}
	if info.Ticket.GlobalID != s.globalID || info.Ticket.Name != s.name {
		return ServiceTicketInfo{}, errors.WithMessagef(ErrNoProof,
			"old ticket is of %v with global id %d", info.Ticket.Name, info.Ticket.GlobalID)
	}
	return info, nil
}

func (s *AuthoritySession) principal(body []byte) ([]byte, int32, error) {
	r, err := DecodeTicketRequest(body)
	if err != nil {
		return nil, codePermission, refuse(err, "tickets for %v", s.name)
	}
	if r.Authorizer.Service != wire.EntityAuth {
		return nil, codePermission, refuse(ErrNoTicket,
			"tickets for %v: authorizer is for %v, not for auth", s.name, r.Authorizer.Service)
	}
	info, err := openTicket(r.Authorizer, s.authority)
	if err != nil {
		return nil, codePermission, err
	}
	if info.Ticket.Name != s.name {
		return nil, codePermission, refuse(ErrNoProof, "tickets for %v: ticket is of %v", s.name,
			info.Ticket.Name)
	}
	if err := checkExpiry(info.Ticket, 0, s.authority.config.Now()); err != nil {
		return nil, codePermission, err
	}
	if _, err := openAuthorize(r.Authorizer, info); err != nil {
		return nil, codePermission, err
	}
	tickets, err := s.authority.issueServices(r.Keys, info.Ticket.Name, info.Ticket.GlobalID)
	if err != nil {
		return nil, codeIO, err
	}
	reply := ReplyHeader{Type: GetPrincipalSessionKey}.Append(nil)
	return tickets.Append(reply, info.SessionKey, CryptoKey{}), 0, nil
}

// rotating answers with the secrets of the service to which the principal belongs. Only the
// principal can open them, but nobody else needs to see them even closed.
func (s *AuthoritySession) rotating() ([]byte, int32, error) {
	if s.identity == nil {
		return nil, codePermission, refuse(ErrNoProof, "rotating secrets for %v before login",
			s.name)
	}
	entry, err := s.authority.config.Keyring.Lookup(s.name)
	if err != nil {
		return nil, codePermission, refuse(err, "rotating secrets for %v", s.name)
	}
	secrets, err := s.authority.Rotating(s.name.Type)
	if err != nil {
		return nil, codePermission, refuse(err, "rotating secrets for %v", s.name)
	}
	return AppendRotatingReply(ReplyHeader{Type: GetRotatingKey}.Append(nil), secrets, entry.Key),
		0, nil
}
