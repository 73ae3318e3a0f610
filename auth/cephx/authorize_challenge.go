package cephx

import (
	"encoding/binary"

	"simplemessenger/auth/internal/denc"
)

// AuthorizeChallenge follows the reply CHALLENGE_AUTHORIZER, as enc(AuthorizeChallenge) under the
// session key and without a length: 32 bytes.
//
//	offset size field
//	     0    1 version, 1
//	     1    8 server_challenge
type AuthorizeChallenge struct{ ServerChallenge uint64 }

// Append appends the encoding of c to b.
func (c AuthorizeChallenge) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 1), c.ServerChallenge)
}

// DecodeAuthorizeChallenge reads an AuthorizeChallenge, which is all of b.
func DecodeAuthorizeChallenge(b []byte) (AuthorizeChallenge, error) {
	return decodeWhole(denc.NewDecoder("cephx_authorize_challenge", b),
		func(d *denc.Decoder) AuthorizeChallenge {
			d.Version(1)
			return AuthorizeChallenge{d.U64("server_challenge")}
		})
}

// AuthorizeReply follows the reply READY or SEQ, as enc(AuthorizeReply) under the session key with
// its length before it: 36 bytes. It proves that the server could open the ticket.
//
//	offset size field
//	     0    1 version, 1 (2 appends a blob for protocol v2)
//	     1    8 nonce_plus_one
type AuthorizeReply struct{ NoncePlusOne uint64 }

// Append appends the encoding of r to b.
func (r AuthorizeReply) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 1), r.NoncePlusOne)
}

// DecodeAuthorizeReply reads an AuthorizeReply, which is all of b.
func DecodeAuthorizeReply(b []byte) (AuthorizeReply, error) {
	return decodeWhole(denc.NewDecoder("cephx_authorize_reply", b),
		func(d *denc.Decoder) AuthorizeReply {
			version := d.Version(2)
			r := AuthorizeReply{d.U64("nonce_plus_one")}
			if version >= 2 {
				d.Blob("connection_secret")
			}
			return r
		})
}
