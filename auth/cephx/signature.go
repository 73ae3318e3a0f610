package cephx

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Security signs and checks the messages of a session with its session key. A signature covers the
// checksums of header and parts, not the parts themselves.
//
// Without the feature CEPHX_V2 it is the first 64-bit word of the encryption of
//
//	offset size field
//	     0    1 version, 1
//	     1    8 magic, as in CryptoKey.Seal
//	     9    4 length of what follows, 16
//	    13    4 header crc
//	    17    4 front crc
//	    21    4 middle crc
//	    25    4 data crc
//
// which, because each block of the cipher depends on those before it only, leaves out all but three
// bytes of the header crc. With CEPHX_V2 it is the xor of the first four words of the encryption of
//
//	offset size field
//	     0    4 header crc
//	     4    4 front crc
//	     8    4 front length
//	    12    4 middle crc
//	    16    4 middle length
//	    20    4 data crc
//	    24    4 data length
//	    28    4 low 32 bits of seq
//
// so everything counts.
type Security struct {
	key CryptoKey
	v2  bool
	// One buffer for each of the two goroutines that may be at work.
	signing, checking [2 * aes.BlockSize]byte
}

var _ auth.Security = (*Security)(nil)

// NewSecurity returns the Security of a session with that key and those features, of which only
// CEPHX_V2 matters. It panics without a key.
func NewSecurity(sessionKey CryptoKey, features wire.Features) *Security {
	sessionKey.block()
	return &Security{key: sessionKey, v2: features.Has(wire.FeatureCephxV2)}
}

// Format implements fmt.Formatter without the key, whatever the verb.
func (s *Security) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "cephx.Security") }

// Sign implements auth.Security.
func (s *Security) Sign(h *wire.MessageHeader, f *wire.Footer) {
	f.Signature = s.signature(&s.signing, h, f)
	f.Flags |= wire.FooterSigned
}

// Check implements auth.Security. As in Ceph it is the signature that counts, not the flag that
// there is one.
func (s *Security) Check(h *wire.MessageHeader, f *wire.Footer) error {
	var want, got [8]byte
	binary.LittleEndian.PutUint64(want[:], s.signature(&s.checking, h, f))
	binary.LittleEndian.PutUint64(got[:], f.Signature)
	if subtle.ConstantTimeCompare(want[:], got[:]) == 1 {
		return nil
	}
	if f.Flags&wire.FooterSigned == 0 {
		return errors.WithMessagef(auth.ErrBadSignature,
			"cephx: message %d of type %d is not signed", h.Seq, h.Type)
	}
	return errors.WithMessagef(auth.ErrBadSignature, "cephx: message %d of type %d", h.Seq, h.Type)
}

func (s *Security) signature(b *[2 * aes.BlockSize]byte, h *wire.MessageHeader,
	f *wire.Footer) uint64 {
	if s.v2 {
		return s.signature2(b, h, f)
	}
	return s.signature1(b, h, f)
}

// signature1 encrypts the first block only, as the rest does not count.
func (s *Security) signature1(b *[2 * aes.BlockSize]byte, h *wire.MessageHeader,
	_ *wire.Footer) uint64 {
	b[0] = sealVersion
	binary.LittleEndian.PutUint64(b[1:], sealMagic)
	binary.LittleEndian.PutUint32(b[9:], 4*4)
	binary.LittleEndian.PutUint32(b[13:], h.CRC) // the last byte belongs to the second block
	block, first := s.key.block(), b[:aes.BlockSize]
	subtle.XORBytes(first, first, initializationVector)
	block.Encrypt(first, first)
	return binary.LittleEndian.Uint64(first)
}

// signature2 leaves the block of padding out, which comes behind the four words that count.
func (s *Security) signature2(b *[2 * aes.BlockSize]byte, h *wire.MessageHeader,
	f *wire.Footer) uint64 {
	binary.LittleEndian.PutUint32(b[0:], h.CRC)
	binary.LittleEndian.PutUint32(b[4:], f.FrontCRC)
	binary.LittleEndian.PutUint32(b[8:], h.FrontLen)
	binary.LittleEndian.PutUint32(b[12:], f.MiddleCRC)
	binary.LittleEndian.PutUint32(b[16:], h.MiddleLen)
	binary.LittleEndian.PutUint32(b[20:], f.DataCRC)
	binary.LittleEndian.PutUint32(b[24:], h.DataLen)
	binary.LittleEndian.PutUint32(b[28:], uint32(h.Seq))
	block, first, second := s.key.block(), b[:aes.BlockSize], b[aes.BlockSize:]
	subtle.XORBytes(first, first, initializationVector)
	block.Encrypt(first, first)
	subtle.XORBytes(second, second, first)
	block.Encrypt(second, second)
	word := binary.LittleEndian.Uint64
	return word(first) ^ word(first[8:]) ^ word(second) ^ word(second[8:])
}
