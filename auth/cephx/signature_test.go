package cephx_test

import (
	"encoding/binary"
	"testing"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

const signing = wire.FeatureMsgAuth

func signedMessage() (wire.MessageHeader, wire.Footer) {
	return wire.MessageHeader{Seq: 1<<32 + 5, Type: 42, FrontLen: 10, MiddleLen: 20, DataLen: 30,
			CRC: 0xdeadbeef},
		wire.Footer{FrontCRC: 1, MiddleCRC: 2, DataCRC: 3, Flags: wire.FooterComplete}
}

// TestSignatureFormulas compares both signatures with what their definitions say, computed without
// shortcuts.
func TestSignatureFormulas(t *testing.T) {
	key := testKey(t, 9)
	h, f := signedMessage()
	le := binary.LittleEndian

	b := le.AppendUint64([]byte{1}, 0xff009cad8826aa55)
	for _, v := range []uint32{16, h.CRC, f.FrontCRC, f.MiddleCRC, f.DataCRC} {
		b = le.AppendUint32(b, v)
	}
	want1 := le.Uint64(key.Encrypt(b))

	b = nil
	for _, v := range []uint32{h.CRC, f.FrontCRC, h.FrontLen, f.MiddleCRC, h.MiddleLen, f.DataCRC,
		h.DataLen, uint32(h.Seq)} {
		b = le.AppendUint32(b, v)
	}
	encrypted := key.Encrypt(b)
	var want2 uint64
	for i := range 4 {
		want2 ^= le.Uint64(encrypted[8*i:])
	}
	for _, c := range []struct {
		features wire.Features
		want     uint64
	}{{signing, want1}, {signing | wire.FeatureCephxV2, want2}} {
		signed := f
		s := cephx.NewSecurity(key, c.features)
		for range 2 { // buffers are used again
			s.Sign(&h, &signed)
			if signed.Signature != c.want || signed.Flags != wire.FooterComplete|wire.FooterSigned {
				t.Errorf("features %v: signature %#x, flags %v, want %#x", c.features,
					signed.Signature, signed.Flags, c.want)
			}
			if err := s.Check(&h, &signed); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSignatureV1Weakness shows what the signature without CEPHX_V2 leaves out, as a warning to
// readers: it does not change with the payload, nor with the last byte of the header crc.
func TestSignatureV1Weakness(t *testing.T) {
	s := cephx.NewSecurity(testKey(t, 9), signing)
	h, f := signedMessage()
	s.Sign(&h, &f)
	forged, forgedHeader := f, h
	forged.FrontCRC, forged.MiddleCRC, forged.DataCRC = 77, 78, 79
	forgedHeader.CRC ^= 0x55000000
	if err := s.Check(&forgedHeader, &forged); err != nil {
		t.Errorf("the weakness is gone: %v", err)
	}
	forgedHeader.CRC ^= 1
	if err := s.Check(&forgedHeader, &forged); err == nil {
		t.Error("not even the header crc counts")
	}
}

func TestSignatureRefuses(t *testing.T) {
	h, f := signedMessage()
	s := cephx.NewSecurity(testKey(t, 9), signing|wire.FeatureCephxV2)
	err := s.Check(&h, &f)
	if !errors.Is(err, auth.ErrBadSignature) {
		t.Errorf("unsigned: %v", err)
	}
	if want := "cephx: message 4294967301 of type 42 is not signed: auth: bad " +
		"signature"; err.Error() != want {
		t.Errorf("unsigned: %q, want %q", err, want)
	}
	s.Sign(&h, &f)
	if err := cephx.NewSecurity(testKey(t, 8), signing|wire.FeatureCephxV2).Check(&h,
		&f); !errors.Is(err, auth.ErrBadSignature) {
		t.Errorf("signed with another key: %v", err)
	}
	if err := cephx.NewSecurity(testKey(t, 9), signing).Check(&h,
		&f); !errors.Is(err, auth.ErrBadSignature) {
		t.Errorf("signed by the other formula: %v", err)
	}
	f.Flags &^= wire.FooterSigned
	if err := s.Check(&h, &f); err != nil {
		t.Errorf("right signature without the flag: %v", err)
	}
}

// TestSecurityConcurrency signs and checks at the same time, as writer and reader of a pipe do.
func TestSecurityConcurrency(t *testing.T) {
	s := cephx.NewSecurity(testKey(t, 9), signing|wire.FeatureCephxV2)
	h, f := signedMessage()
	s.Sign(&h, &f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h, f := signedMessage()
		for range 1000 {
			h.Seq++
			s.Sign(&h, &f)
		}
	}()
	for range 1000 {
		if err := s.Check(&h, &f); err != nil {
			t.Error(err)
			break
		}
	}
	<-done
}

func TestSignAllocatesNothing(t *testing.T) {
	h, f := signedMessage()
	for _, features := range []wire.Features{signing, signing | wire.FeatureCephxV2} {
		s := cephx.NewSecurity(testKey(t, 9), features)
		if n := testing.AllocsPerRun(100, func() { s.Sign(&h, &f); _ = s.Check(&h, &f) }); n != 0 {
			t.Errorf("features %v: %v allocations", features, n)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	s := cephx.NewSecurity(testKey(b, 9), signing|wire.FeatureCephxV2)
	h, f := signedMessage()
	b.ReportAllocs()
	for b.Loop() {
		s.Sign(&h, &f)
	}
}
