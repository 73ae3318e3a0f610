package cephx

import (
	"encoding/binary"

	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// Authorizer is what follows the connect message, and what proves a TicketRequest.
//
//	size field
//	   1 version, 1
//	   8 global_id
//	   4 service: the entity type for which the ticket is
//	     ticket, a TicketBlob
//	   4 length of what follows
//	     enc(Authorize) under the session key of the ticket
type Authorizer struct {
	GlobalID  uint64
	Service   wire.EntityType
	Ticket    TicketBlob
	Authorize []byte // sealed
}

// Append appends the encoding of a to b.
func (a Authorizer) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, 1), a.GlobalID)
	b = binary.LittleEndian.AppendUint32(b, uint32(a.Service))
	b = a.Ticket.Append(b)
	return denc.AppendBlob(b, a.Authorize)
}

// DecodeAuthorizer reads an Authorizer, which is all of b, and does not alias it.
func DecodeAuthorizer(b []byte) (Authorizer, error) {
	return decodeWhole(denc.NewDecoder("cephx_authorizer", b), decodeAuthorizer)
}

func decodeAuthorizer(d *denc.Decoder) Authorizer {
	defer d.Enter("cephx_authorizer")()
	d.Version(1)
	return Authorizer{
		GlobalID:  d.U64("global_id"),
		Service:   d.EntityType("service"),
		Ticket:    decodeTicketBlob(d),
		Authorize: append([]byte(nil), d.Blob("authorize")...),
	}
}

// Authorize is the part of an Authorizer that only the holder of the session key can write.
//
//	offset size field
//	     0    1 version, 2 (1 ends behind the nonce)
//	     1    8 nonce
//	     9    1 have_challenge, 0 or 1
//	    10    8 server_challenge_plus_one, 0 without a challenge
type Authorize struct {
	Nonce                  uint64
	HaveChallenge          bool
	ServerChallengePlusOne uint64
}

// Append appends the encoding of a to b.
func (a Authorize) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, 2), a.Nonce)
	b = denc.AppendBool(b, a.HaveChallenge)
	return binary.LittleEndian.AppendUint64(b, a.ServerChallengePlusOne)
}

// DecodeAuthorize reads an Authorize, which is all of b.
func DecodeAuthorize(b []byte) (Authorize, error) {
	return decodeWhole(denc.NewDecoder("cephx_authorize", b), func(d *denc.Decoder) Authorize {
		version := d.Version(2)
		a := Authorize{Nonce: d.U64("nonce")}
		if version >= 2 {
			a.HaveChallenge = d.Bool("have_challenge")
			a.ServerChallengePlusOne = d.U64("server_challenge_plus_one")
		}
		return a
	})
}
