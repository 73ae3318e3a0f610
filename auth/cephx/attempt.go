package cephx

import (
	"crypto/subtle"
	"encoding/binary"
	"io"

	"simplemessenger/auth"
	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// attempt is an auth.Authorizer: the credentials of one connection attempt.
type attempt struct {
	ticket       Ticket
	nonce        uint64
	requirements Requirements
	bytes        []byte
}

var _ auth.Authorizer = (*attempt)(nil)

// NewAuthorizer returns credentials for one connection attempt made with the ticket, whether or not
// it has expired. The random numbers come from random, crypto/rand.Reader if nil.
func (t Ticket) NewAuthorizer(requirements Requirements,
	random io.Reader) (auth.Authorizer, error) {
	nonce, err := randomUint64(random)
	if err != nil {
		return nil, err
	}
	return &attempt{
		ticket: t, nonce: nonce, requirements: requirements,
		bytes: t.authorizer(Authorize{Nonce: nonce}).Append(nil),
	}, nil
}

// Protocol implements auth.Authorizer.
func (a *attempt) Protocol() uint32 { return wire.AuthCephx }

// Bytes implements auth.Authorizer.
func (a *attempt) Bytes() []byte { return a.bytes }

// AnswerChallenge implements auth.Authorizer. A peer may challenge more than once on the same
// socket: 16.2.15 forgets its challenge with RETRY_GLOBAL.
func (a *attempt) AnswerChallenge(sealed []byte) error {
	body, err := a.ticket.SessionKey.Open(sealed)
	if err != nil {
		return refuse(err, "challenge of %v", a.ticket.Service)
	}
	challenge, err := DecodeAuthorizeChallenge(body)
	if err != nil {
		return refuse(err, "challenge of %v", a.ticket.Service)
	}
	a.bytes = a.ticket.authorizer(Authorize{
		Nonce:                  a.nonce,
		HaveChallenge:          true,
		ServerChallengePlusOne: challenge.ServerChallenge + 1,
	}).Append(nil)
	return nil
}

// VerifyReply implements auth.Authorizer: the peer must have seen our nonce, which takes the
// session key, which takes the service's secret.
func (a *attempt) VerifyReply(reply []byte, features wire.Features) (auth.Security, error) {
	if len(reply) == 0 {
		return nil, refuse(ErrNoProof, "%v answered without a proof of itself", a.ticket.Service)
	}
	d := denc.NewDecoder("connect_reply authorizer", reply)
	sealed := d.Blob("authorizer")
	d.End()
	if d.Err() != nil {
		return nil, refuse(d.Err(), "answer of %v", a.ticket.Service)
	}
	body, err := a.ticket.SessionKey.Open(sealed)
	if err != nil {
		return nil, refuse(err, "answer of %v", a.ticket.Service)
	}
	r, err := DecodeAuthorizeReply(body)
	if err != nil {
		return nil, refuse(err, "answer of %v", a.ticket.Service)
	}
	if !equalUint64(r.NoncePlusOne, a.nonce+1) {
		return nil, refuse(ErrNoProof, "%v answered to another nonce", a.ticket.Service)
	}
	if security := a.requirements.security(a.ticket.SessionKey, features); security != nil {
		return security, nil
	}
	return nil, nil // a nil *Security in the interface would not be nil
}

// equalUint64 compares in constant time.
func equalUint64(a, b uint64) bool {
	x, y := binary.LittleEndian.AppendUint64(nil, a), binary.LittleEndian.AppendUint64(nil, b)
	return subtle.ConstantTimeCompare(x, y) == 1
}
