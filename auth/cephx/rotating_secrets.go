package cephx

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"simplemessenger/auth/internal/denc"
)

// ExpiringCryptoKey is a secret of a service and the time until which tickets may be sealed with
// it.
//
//	size field
//	   1 version, 1
//	  28 key, a CryptoKey
//	   8 expiration, seconds and nanoseconds
type ExpiringCryptoKey struct {
	Key        CryptoKey
	Expiration time.Time
}

// RotatingSecrets are the secrets of one service by their ids: the last one, the current one, and
// the next one. They travel as enc(RotatingSecrets) under the long-lived key of the daemon that
// asked, with a length before it.
//
//	size field
//	   1 version, 1
//	   4 number of secrets
//	     secrets, each an id 8 and an ExpiringCryptoKey, by ascending id
//	   8 newest id
type RotatingSecrets struct {
	Secrets map[uint64]ExpiringCryptoKey
	Newest  uint64
}

// rotatingSecretsKept is how many secrets there are at a time.
const rotatingSecretsKept = 3

// ids returns the ids, oldest first.
func (r RotatingSecrets) ids() []uint64 { return slices.Sorted(maps.Keys(r.Secrets)) }

// Current returns the secret with which tickets are sealed now: the one before the newest, so that
// daemons have the next one before it is used. With less than two secrets it is the only one; it is
// zero without any.
func (r RotatingSecrets) Current() (id uint64, secret ExpiringCryptoKey) {
	ids := r.ids()
	if len(ids) == 0 {
		return 0, ExpiringCryptoKey{}
	}
	id = ids[max(len(ids)-2, 0)]
	return id, r.Secrets[id]
}

// Stale reports whether newer secrets should be fetched: some are missing, or the current one is
// past its time.
func (r RotatingSecrets) Stale(now time.Time) bool {
	_, current := r.Current()
	return len(r.Secrets) < rotatingSecretsKept || !now.Before(current.Expiration)
}

// Append appends the encoding of r to b, secrets and all.
func (r RotatingSecrets) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, 1), uint32(len(r.Secrets)))
	for _, id := range r.ids() {
		b = binary.LittleEndian.AppendUint64(b, id)
		secret := r.Secrets[id]
		b = secret.Key.Append(append(b, 1))
		b = denc.AppendTime(b, secret.Expiration)
	}
	return binary.LittleEndian.AppendUint64(b, r.Newest)
}

// DecodeRotatingSecrets reads RotatingSecrets, which are all of b.
func DecodeRotatingSecrets(b []byte) (RotatingSecrets, error) {
	return decodeRotatingSecrets(denc.NewDecoder("rotating_secrets", b))
}

func decodeRotatingSecrets(d *denc.Decoder) (RotatingSecrets, error) {
	return decodeWhole(d, func(d *denc.Decoder) RotatingSecrets {
		d.Version(1)
		r := RotatingSecrets{Secrets: map[uint64]ExpiringCryptoKey{}}
		for n := d.U32("number of secrets"); n > 0 && d.Err() == nil; n-- {
			id := d.U64("id")
			d.Version(1)
			r.Secrets[id] = ExpiringCryptoKey{decodeCryptoKey(d), d.Time("expiration")}
		}
		r.Newest = d.U64("newest id")
		return r
	})
}

// DecodeRotatingReply reads what follows the ReplyHeader to GetRotatingKey. Its error wraps
// ErrWrongKey if key is not that of the daemon that asked.
func DecodeRotatingReply(b []byte, key CryptoKey) (RotatingSecrets, error) {
	d := denc.NewDecoder("cephx_rotating_reply", b)
	inner, err := openSealed(d, "secrets", "rotating_secrets", key)
	if err != nil {
		return RotatingSecrets{}, err
	}
	if d.End(); d.Err() != nil {
		return RotatingSecrets{}, d.Err()
	}
	return decodeRotatingSecrets(inner)
}

// AppendRotatingReply appends what follows the ReplyHeader to GetRotatingKey, sealed with key.
func AppendRotatingReply(b []byte, r RotatingSecrets, key CryptoKey) []byte {
	return key.appendSealed(b, r.Append(nil))
}
