package cephx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"

	"github.com/pkg/errors"

	"simplemessenger/auth/internal/denc"
)

// initializationVector is the same for every use: equal beginnings encrypt to equal beginnings.
var initializationVector = []byte("cephsageyudagreg")

// What stands before everything sealed (enc in the descriptions of this package).
const (
	sealVersion uint8  = 1
	sealMagic   uint64 = 0xff009cad8826aa55
	sealSize           = 9
)

// ErrWrongKey says that something does not open with the key at hand: one of the two is not the
// right one, or the bytes are damaged. Which of these it is cannot be told, and must not.
var ErrWrongKey = errors.New("wrong key or damaged bytes")

// Encrypt encrypts with AES-128-CBC, the fixed initialization vector, and PKCS#7 padding. The
// result is 1 to 16 bytes longer than plain. It panics without a key.
func (k CryptoKey) Encrypt(plain []byte) []byte {
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	b := make([]byte, len(plain)+padding)
	for i := copy(b, plain); i < len(b); i++ {
		b[i] = byte(padding)
	}
	cipher.NewCBCEncrypter(k.block(), initializationVector).CryptBlocks(b, b)
	return b
}

// Decrypt is the inverse of Encrypt. Its error wraps ErrWrongKey. It panics without a key.
func (k CryptoKey) Decrypt(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, errors.WithMessagef(ErrWrongKey, "%d encrypted bytes, want a multiple of %d",
			len(sealed), aes.BlockSize)
	}
	b := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(k.block(), initializationVector).CryptBlocks(b, sealed)
	n := unpaddedLen(b)
	if n < 0 {
		return nil, ErrWrongKey
	}
	return b[:n], nil
}

// unpaddedLen returns the length without PKCS#7 padding, -1 if the padding is wrong. It looks at
// the whole last block in any case: how long it takes says nothing about where the padding is
// wrong.
func unpaddedLen(b []byte) int {
	padding := int(b[len(b)-1])
	good := subtle.ConstantTimeLessOrEq(1, padding) & subtle.ConstantTimeLessOrEq(padding,
		aes.BlockSize)
	for i := 1; i <= aes.BlockSize; i++ {
		inside := subtle.ConstantTimeLessOrEq(i, padding)
		equal := subtle.ConstantTimeByteEq(b[len(b)-i], byte(padding))
		good &= equal | (inside ^ 1)
	}
	return subtle.ConstantTimeSelect(good, len(b)-padding, -1)
}

// Seal returns enc(body): body encrypted behind a version byte and the magic number by which Open
// recognizes it. It panics without a key.
func (k CryptoKey) Seal(body []byte) []byte {
	b := make([]byte, 0, sealSize+len(body))
	b = append(b, sealVersion)
	b = binary.LittleEndian.AppendUint64(b, sealMagic)
	return k.Encrypt(append(b, body...))
}

// Open is the inverse of Seal. Its error wraps ErrWrongKey. It panics without a key.
func (k CryptoKey) Open(sealed []byte) ([]byte, error) {
	b, err := k.Decrypt(sealed)
	if err != nil {
		return nil, err
	}
	if len(b) < sealSize || b[0] != sealVersion || binary.LittleEndian.Uint64(b[1:]) != sealMagic {
		return nil, ErrWrongKey
	}
	return b[sealSize:], nil
}

func (k CryptoKey) block() cipher.Block {
	if k.IsZero() {
		panic("cephx: use of a CryptoKey that is none")
	}
	return k.reveal().block
}

// appendSealed appends enc(body) with its length before it.
func (k CryptoKey) appendSealed(b, body []byte) []byte { return denc.AppendBlob(b, k.Seal(body)) }

// openSealed takes enc(body) with its length before it from d and returns a decoder of body, which
// has failed if it does not open.
func openSealed(d *denc.Decoder, field, structure string, k CryptoKey) (*denc.Decoder, error) {
	sealed := d.Blob(field)
	if d.Err() != nil {
		return nil, d.Err()
	}
	body, err := k.Open(sealed)
	if err != nil {
		return nil, errors.WithMessage(err, structure)
	}
	return denc.NewDecoder(structure, body), nil
}
