package simplemsgr

import (
	"context"

	"simplemessenger/auth"
	"simplemessenger/session"
	"simplemessenger/wire"
)

// allFeatures is what a method requires that has panicked when it was asked: no peer offers them.
const allFeatures = ^wire.Features(0)

type guardedClient struct {
	client auth.Client
	guard  *session.Guard
}

func (c guardedClient) Authorizer(peer wire.EntityType, fresh bool) (a auth.Authorizer, err error) {
	return c.AuthorizerContext(context.Background(), peer, fresh)
}

// AuthorizerContext implements auth.ContextClient, also for a client that is none.
func (c guardedClient) AuthorizerContext(ctx context.Context, peer wire.EntityType,
	fresh bool) (a auth.Authorizer, err error) {
	defer c.guard.Recover("auth.Client.Authorizer", nil, &err)
	if a, err = auth.AuthorizerOf(ctx, c.client, peer, fresh); a != nil {
		a = guardedAuthorizer{a, c.guard}
	}
	return a, err
}

func (c guardedClient) RequiredFeatures(peer wire.EntityType) (f wire.Features) {
	f = allFeatures
	defer c.guard.Recover("auth.Client.RequiredFeatures", nil, nil)
	return c.client.RequiredFeatures(peer)
}

type guardedAuthorizer struct {
	authorizer auth.Authorizer
	guard      *session.Guard
}

func (a guardedAuthorizer) Protocol() (p uint32) {
	defer a.guard.Recover("auth.Authorizer.Protocol", nil, nil)
	return a.authorizer.Protocol()
}

func (a guardedAuthorizer) Bytes() (b []byte) {
	defer a.guard.Recover("auth.Authorizer.Bytes", nil, nil)
	return a.authorizer.Bytes()
}

func (a guardedAuthorizer) AnswerChallenge(challenge []byte) (err error) {
	defer a.guard.Recover("auth.Authorizer.AnswerChallenge", nil, &err)
	return a.authorizer.AnswerChallenge(challenge)
}

func (a guardedAuthorizer) VerifyReply(reply []byte,
	features wire.Features) (s auth.Security, err error) {
	defer a.guard.Recover("auth.Authorizer.VerifyReply", nil, &err)
	return a.authorizer.VerifyReply(reply, features)
}

type guardedServer struct {
	server auth.Server
	guard  *session.Guard
}

func (s guardedServer) NewExchange(peer wire.EntityAddr) (e auth.Exchange) {
	e = brokenExchange{}
	defer s.guard.Recover("auth.Server.NewExchange", nil, nil)
	return guardedExchange{s.server.NewExchange(peer), s.guard}
}

func (s guardedServer) RequiredFeatures(peer wire.EntityType) (f wire.Features) {
	f = allFeatures
	defer s.guard.Recover("auth.Server.RequiredFeatures", nil, nil)
	return s.server.RequiredFeatures(peer)
}

func (s guardedServer) MustProve(peer wire.EntityType) (must bool) {
	must = true
	defer s.guard.Recover("auth.Server.MustProve", nil, nil)
	return s.server.MustProve(peer)
}

type guardedExchange struct {
	exchange auth.Exchange
	guard    *session.Guard
}

func (e guardedExchange) Verify(r auth.Request) (result auth.Result) {
	result = brokenExchange{}.Verify(r)
	defer e.guard.Recover("auth.Exchange.Verify", nil, &result.Err)
	return e.exchange.Verify(r)
}

// brokenExchange refuses everybody.
type brokenExchange struct{}

func (brokenExchange) Verify(auth.Request) auth.Result {
	return auth.Result{Outcome: auth.Refused, Err: auth.ErrRefused}
}
