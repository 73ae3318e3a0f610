package cephx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth/internal/denc"
)

// KeySize is the size of the secret in a CryptoKey in bytes.
const KeySize = 16

const typeAES uint16 = 1

// CryptoKey is a secret for AES-128 with the time of its making. The zero value is no key. Equal
// compares two of them.
//
//	offset size field
//	     0    2 type, 1 for AES
//	     2    8 created, seconds and nanoseconds
//	    10    2 length of the secret, 16
//	    12   16 secret
//
// The base64 form of these 28 bytes is what stands in a keyring.
type CryptoKey struct {
	created time.Time
	// reveal is a function because package fmt, which calls no methods of what it finds in
	// unexported fields of other structs, looks into everything else: even behind a pointer if the
	// verb does not fit.
	reveal func() *secret
}

type secret struct {
	bytes [KeySize]byte
	block cipher.Block // the expanded key
}

// NewCryptoKey returns a key of the given secret, which must have KeySize bytes. They are copied.
func NewCryptoKey(b []byte, created time.Time) (CryptoKey, error) {
	if len(b) != KeySize {
		return CryptoKey{}, errors.Errorf("cephx: key of %d bytes, want %d", len(b), KeySize)
	}
	s := &secret{}
	copy(s.bytes[:], b)
	block, err := aes.NewCipher(s.bytes[:])
	if err != nil {
		return CryptoKey{}, errors.Wrap(err, "cephx: key")
	}
	s.block = block
	return CryptoKey{created, func() *secret { return s }}, nil
}

// GenerateKey returns a key made of KeySize bytes of random, crypto/rand.Reader if nil.
func GenerateKey(random io.Reader, created time.Time) (CryptoKey, error) {
	b := make([]byte, KeySize)
	if random == nil {
		random = rand.Reader
	}
	if _, err := io.ReadFull(random, b); err != nil {
		return CryptoKey{}, errors.Wrap(err, "cephx: generate key")
	}
	return NewCryptoKey(b, created)
}

// ParseCryptoKey reads the base64 form that stands in a keyring. Its errors do not quote the input.
func ParseCryptoKey(s string) (CryptoKey, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") { // which the decoder would pass over
		return CryptoKey{}, errors.Errorf("cephx: key of %d characters is not base64", len(s))
	}
	k, n, err := DecodeCryptoKey(b)
	if err != nil {
		return CryptoKey{}, err
	}
	if n != len(b) {
		return CryptoKey{}, errors.Errorf("cephx: key has %d bytes too many", len(b)-n)
	}
	return k, nil
}

// Base64 returns the form that stands in a keyring, empty without a key. It is a secret.
func (k CryptoKey) Base64() string {
	if k.IsZero() {
		return ""
	}
	return base64.StdEncoding.EncodeToString(k.Append(nil))
}

// IsZero reports whether k is no key.
func (k CryptoKey) IsZero() bool { return k.reveal == nil }

// Created returns the time of the key's making.
func (k CryptoKey) Created() time.Time { return k.created }

// Equal reports in constant time whether both have the same secret.
func (k CryptoKey) Equal(other CryptoKey) bool {
	if k.IsZero() || other.IsZero() {
		return k.IsZero() && other.IsZero()
	}
	return subtle.ConstantTimeCompare(k.reveal().bytes[:], other.reveal().bytes[:]) == 1
}

// Append appends the encoding of k to b, secret and all. Without a key it appends type 0 and no
// secret.
func (k CryptoKey) Append(b []byte) []byte {
	if k.IsZero() {
		return append(b, make([]byte, 12)...)
	}
	b = binary.LittleEndian.AppendUint16(b, typeAES)
	b = denc.AppendTime(b, k.created)
	b = binary.LittleEndian.AppendUint16(b, KeySize)
	return append(b, k.reveal().bytes[:]...)
}

// DecodeCryptoKey reads a key from the front of b and returns the number of bytes used.
func DecodeCryptoKey(b []byte) (CryptoKey, int, error) {
	d := denc.NewDecoder("crypto_key", b)
	k := decodeCryptoKey(d)
	if d.Err() != nil {
		return CryptoKey{}, 0, d.Err()
	}
	return k, d.Offset(), nil
}

func decodeCryptoKey(d *denc.Decoder) CryptoKey {
	defer d.Enter("crypto_key")()
	if t := d.U16("type"); d.Err() == nil && t != typeAES {
		d.Invalid("type", "%d, want %d (AES with 16 bytes), the only type known here: have the "+
			"monitors make a key of type aes for this name", t, typeAES)
	}
	created := d.Time("created")
	if n := d.U16("length"); d.Err() == nil && n != KeySize {
		d.Invalid("length", "%d, want %d", n, KeySize)
	}
	b := d.Bytes("secret", KeySize)
	if d.Err() != nil {
		return CryptoKey{}
	}
	k, err := NewCryptoKey(b, created)
	if err != nil {
		d.Invalid("secret", "%v", err)
	}
	return k
}
