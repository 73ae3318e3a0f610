package cephx

import (
	"encoding/binary"

	"simplemessenger/auth/internal/denc"
)

// ServerChallenge is the monitor's answer to the first request of a login. The principal proves its
// key by encrypting the number along with one of its own.
//
//	offset size field
//	     0    1 version, 1
//	     1    8 challenge
type ServerChallenge struct{ Challenge uint64 }

// Append appends the encoding of c to b.
func (c ServerChallenge) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 1), c.Challenge)
}

// DecodeServerChallenge reads a ServerChallenge, which is all of b.
func DecodeServerChallenge(b []byte) (ServerChallenge, error) {
	return decodeWhole(denc.NewDecoder("cephx_server_challenge", b),
		func(d *denc.Decoder) ServerChallenge {
			d.Version(1)
			return ServerChallenge{d.U64("challenge")}
		})
}

// decodeWhole reads a structure that must end where d does.
func decodeWhole[T any](d *denc.Decoder, read func(*denc.Decoder) T) (T, error) {
	v := read(d)
	d.End()
	if d.Err() != nil {
		var zero T
		return zero, d.Err()
	}
	return v, nil
}
