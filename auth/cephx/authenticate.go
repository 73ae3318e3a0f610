package cephx

import (
	"encoding/binary"

	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// Authenticate is the request GetAuthSessionKey.
//
//	size field
//	   1 version, 3 (1 ends before other_keys; 2 and 3 differ only in whether old_ticket may be left out)
//	   8 client_challenge
//	   8 proof
//	     old_ticket, a TicketBlob: that of the login that is to go on, else empty
//	   4 other_keys: services for which tickets are wanted at once, a set of entity types
type Authenticate struct {
	ClientChallenge uint64
	Proof           uint64
	OldTicket       TicketBlob
	OtherKeys       wire.EntityType // what a version 1 request lacks is 0
}

// Append appends the encoding of a to b, in version 3.
func (a Authenticate) Append(b []byte) []byte {
	b = append(b, 3)
	b = binary.LittleEndian.AppendUint64(b, a.ClientChallenge)
	b = binary.LittleEndian.AppendUint64(b, a.Proof)
	b = a.OldTicket.Append(b)
	return binary.LittleEndian.AppendUint32(b, uint32(a.OtherKeys))
}

// DecodeAuthenticate reads an Authenticate, which is all of b.
func DecodeAuthenticate(b []byte) (Authenticate, error) {
	return decodeWhole(denc.NewDecoder("cephx_authenticate", b),
		func(d *denc.Decoder) Authenticate {
			version := d.Version(3)
			a := Authenticate{
				ClientChallenge: d.U64("client_challenge"),
				Proof:           d.U64("proof"),
				OldTicket:       decodeTicketBlob(d),
			}
			if version >= 2 {
				a.OtherKeys = d.EntityType("other_keys")
			}
			return a
		})
}

// Proof returns what a principal with that key writes into Authenticate.Proof: the xor of the
// 64-bit words of the sealed challenges, server's first, with the length that stands before them.
// The length counts as the first four bytes and the last four bytes, which fill no word, do not
// count.
func Proof(key CryptoKey, serverChallenge, clientChallenge uint64) uint64 {
	challenges := binary.LittleEndian.AppendUint64(nil, serverChallenge)
	challenges = binary.LittleEndian.AppendUint64(challenges, clientChallenge)
	var proof uint64
	for b := key.appendSealed(nil, challenges); len(b) >= 8; b = b[8:] {
		proof ^= binary.LittleEndian.Uint64(b)
	}
	return proof
}
