package wire_test

import (
	"errors"
	"math"
	"testing"

	"simplemessenger/wire"
)

var sampleHeader = wire.MessageHeader{
	Seq: 0x0102030405060708, TID: 0x1112131415161718, Type: 0x2122, Priority: wire.PriorityHigh,
	Version:  0x3132,
	FrontLen: 0x41424344, MiddleLen: 0x51525354, DataLen: 0x61626364, DataOff: 0x7172,
	Source:        wire.OSD(0x0807060504030201),
	CompatVersion: 0x8182, Reserved: 0x9192, CRC: 0xa1a2a3a4,
}

const sampleHeaderHex = "0807060504030201 1817161514131211 2221 c400 3231 44434241 54535251 " +
	"64636261 7271 04 0102030405060708 8281 9291 a4a3a2a1"

func TestMessageHeaderBytes(t *testing.T) {
	h, want := sampleHeader, unhex(t, sampleHeaderHex)
	if got := h.Append(nil); string(got) != string(want) {
		t.Errorf("Append\n got %x\nwant %x", got, want)
	}
	var got wire.MessageHeader
	if err := got.Decode(want); err != nil || got != h {
		t.Errorf("Decode = %+v, %v, want %+v", got, err, h)
	}
}

func TestMessageHeaderOldBytes(t *testing.T) {
	src := wire.EntityInst{Name: wire.OSD(1), Addr: addr("10.0.0.1:6800/1")}
	orig := wire.EntityInst{Name: wire.Client(2), Addr: addr("10.0.0.2:0/2")}
	h := wire.MessageHeaderOld{MessageHeader: sampleHeader, Src: src, OrigSrc: orig,
		ReservedOld: 0xb1b2b3b4}
	want := unhex(t, sampleHeaderHex)[:36]
	want = orig.Append(src.Append(want))
	want = append(want, 0xb4, 0xb3, 0xb2, 0xb1, 0xa4, 0xa3, 0xa2, 0xa1)
	if got := h.Append(nil); string(got) != string(want) || len(got) != 334 {
		t.Errorf("Append\n got %x\nwant %x", got, want)
	}
	var got wire.MessageHeaderOld
	if err := got.Decode(want); err != nil {
		t.Fatal(err)
	}
	h.Source, h.CompatVersion, h.Reserved = src.Name, 0, 0
	if got != h {
		t.Errorf("Decode = %+v, want %+v", got, h)
	}
	for _, at := range []int{36 + 9, 181 + 9} {
		bad := append([]byte(nil), want...)
		bad[at] = 1 // type of the address
		if err := got.Decode(bad); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("bad address at %d: %v", at, err)
		}
	}
}

func TestMessageHeaderCRC(t *testing.T) {
	h, old := sampleHeader, wire.MessageHeaderOld{MessageHeader: sampleHeader}
	for _, test := range []struct {
		name  string
		b     []byte
		crc   uint32
		check func([]byte) error
		at    int
	}{
		{"new", h.AppendWithCRC(nil), h.CRC, wire.CheckMessageHeaderCRC, 49},
		{"old", old.AppendWithCRC(nil), old.CRC, wire.CheckMessageHeaderOldCRC, 330},
	} {
		if want := wire.CRC(0, test.b[:test.at]); test.crc != want {
			t.Errorf("%s: CRC field %#x, want %#x", test.name, test.crc, want)
		}
		if err := test.check(append(test.b, 1, 2, 3)); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if err := test.check(test.b[:len(test.b)-1]); !errors.Is(err, wire.ErrShort) {
			t.Errorf("%s: short: %v", test.name, err)
		}
		for i := range test.b {
			test.b[i] ^= 0x10
			var decodeError *wire.DecodeError
			if err := test.check(test.b); !errors.Is(err, wire.ErrCRC) ||
				!errors.As(err, &decodeError) || decodeError.Offset != test.at {
				t.Fatalf("%s: byte %d changed: %v", test.name, i, err)
			}
			test.b[i] ^= 0x10
		}
	}
}

func TestPayloadLenDoesNotOverflow(t *testing.T) {
	h := wire.MessageHeader{FrontLen: math.MaxUint32, MiddleLen: math.MaxUint32,
		DataLen: math.MaxUint32}
	if got := h.PayloadLen(); got != 3*math.MaxUint32 {
		t.Errorf("PayloadLen() = %d", got)
	}
	h = wire.MessageHeader{FrontLen: 1, MiddleLen: 20, DataLen: 300}
	if got := h.PayloadLen(); got != 321 {
		t.Errorf("PayloadLen() = %d", got)
	}
}

func TestPriorities(t *testing.T) {
	if wire.PriorityLow != 64 || wire.PriorityDefault != 127 || wire.PriorityHigh != 196 ||
		wire.PriorityHighest != 255 {
		t.Error("priorities have other values than Ceph's")
	}
}
