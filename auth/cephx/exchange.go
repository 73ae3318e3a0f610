package cephx

import (
	"simplemessenger/auth"
	"simplemessenger/wire"
)

// exchange is an auth.Exchange: it judges the connect messages of one socket.
type exchange struct {
	config *ServerConfig
	// challenge is what the authorizers of this socket must answer, nil before the first one and
	// after a refusal.
	challenge *AuthorizeChallenge
}

// Verify implements auth.Exchange. A peer that is told to come again on the same socket for another
// reason may use its answer to our challenge once more.
func (e *exchange) Verify(r auth.Request) auth.Result {
	if e.unknown(r) {
		return auth.Result{Outcome: auth.Accepted}
	}
	result, err := e.verify(r)
	if err != nil {
		e.challenge = nil
		return auth.Result{Outcome: auth.Refused, Err: err}
	}
	return result
}

// unknown reports whether the peer comes without credentials and may.
func (e *exchange) unknown(r auth.Request) bool {
	return r.Connect.AuthorizerProtocol == wire.AuthUnknown && len(r.Authorizer) == 0 &&
		e.config.AcceptUnknown != nil && e.config.AcceptUnknown(r.Connect.HostType)
}

func (e *exchange) verify(r auth.Request) (auth.Result, error) {
	if r.Connect.AuthorizerProtocol != wire.AuthCephx {
		return auth.Result{}, refuse(ErrNoTicket, "%v offers authorizer protocol %d instead of %d",
			r.Connect.HostType, r.Connect.AuthorizerProtocol, wire.AuthCephx)
	}
	a, err := DecodeAuthorizer(r.Authorizer)
	if err != nil {
		return auth.Result{}, refuse(err, "authorizer of %v", r.Connect.HostType)
	}
	if a.Service != e.config.Service {
		return auth.Result{}, refuse(ErrNoTicket, "authorizer of %v is for %v, not for %v",
			r.Connect.HostType, a.Service, e.config.Service)
	}
	info, err := openTicket(a, e.config.Secrets)
	if err != nil {
		return auth.Result{}, err
	}
	if err := checkExpiry(info.Ticket, e.config.ExpiryGrace, e.config.Now()); err != nil {
		return auth.Result{}, err
	}
	authorize, err := openAuthorize(a, info)
	if err != nil {
		return auth.Result{}, err
	}
	// As in Ceph it is what the peer offers that counts: it can answer even if the session will not
	// have the feature.
	if r.Connect.Features.Has(wire.FeatureCephxV2) {
		// an answer in it is to some other challenge: a recording, or left from an earlier socket
		if e.challenge == nil {
			return e.issueChallenge(info)
		}
		if err := e.checkAnswer(authorize, info); err != nil {
			return auth.Result{}, err
		}
	}
	return e.accept(r, authorize, info), nil
}

func (e *exchange) issueChallenge(info ServiceTicketInfo) (auth.Result, error) {
	number, err := randomUint64(e.config.Random)
	if err != nil {
		return auth.Result{}, refuse(err, "challenge for %v", info.Ticket.Name)
	}
	e.challenge = &AuthorizeChallenge{number}
	return auth.Result{Outcome: auth.Challenged,
		Reply: info.SessionKey.Seal(e.challenge.Append(nil))}, nil
}

func (e *exchange) checkAnswer(a Authorize, info ServiceTicketInfo) error {
	if !a.HaveChallenge {
		return refuse(ErrReplay, "authorizer of %v without an answer to our challenge",
			info.Ticket.Name)
	}
	if !equalUint64(a.ServerChallengePlusOne, e.challenge.ServerChallenge+1) {
		return refuse(ErrReplay, "authorizer of %v answers another challenge", info.Ticket.Name)
	}
	return nil
}

func (e *exchange) accept(r auth.Request, a Authorize, info ServiceTicketInfo) auth.Result {
	result := auth.Result{
		Outcome: auth.Accepted,
		Reply:   info.SessionKey.appendSealed(nil, AuthorizeReply{a.Nonce + 1}.Append(nil)),
		Identity: auth.Identity{
			Name:         info.Ticket.Name.String(),
			GlobalID:     info.Ticket.GlobalID,
			Proven:       true,
			Capabilities: info.Ticket.Caps.Caps,
		},
	}
	if security := e.config.Requirements.security(info.SessionKey, r.Features); security != nil {
		result.Security = security
	}
	return result
}
