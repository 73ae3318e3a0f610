package denc

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/wire"
)

func TestDecoder(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 5, time.UTC)
	b := AppendBlob(nil, "text")
	b = AppendBlob(b, []byte{1, 2})
	b = AppendBool(AppendBool(b, true), false)
	b = AppendTime(AppendTime(b, at), time.Time{})
	b = AppendDuration(AppendDuration(b, 90*time.Second+7), -1)
	b = append(b, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0x10, 0, 0, 0, 3)
	d := NewDecoder("s", b)
	got := []any{
		string(d.Blob("a")), d.Blob("b"), d.Bool("c"), d.Bool("d"), d.Time("e"), d.Time("f"),
		d.Duration("g"), d.Duration("h"),
		d.U8("i"), d.U16("j"), d.U32("k"), d.U64("l"), d.Bytes("m", 1), d.EntityType("n"),
		d.Version(3),
	}
	want := []any{
		"text", []byte{1, 2}, true, false, at, time.Time{}, 90*time.Second + 7, time.Duration(0),
		uint8(9), uint16(0x0708), uint32(0x03040506), uint64(0x0e0d0c0b0a000102), []byte{0xf},
		wire.EntityMgr, uint8(3),
	}
	d.End()
	if diff := cmp.Diff(want,
		got); diff != "" || d.Err() != nil || d.Len() != 0 || d.Offset() != len(b) {
		t.Errorf("%v, %d left (-want +got):\n%s", d.Err(), d.Len(), diff)
	}
}

func TestDecoderErrors(t *testing.T) {
	for _, c := range []struct {
		input []byte
		read  func(*Decoder)
		want  string
		is    error
	}{
		{nil, func(d *Decoder) {
			d.U8("f")
		}, "wire: decode s: f at offset 0: need 1 bytes, have 0: short input", wire.ErrShort},
		{[]byte{1, 2}, func(d *Decoder) { d.U8("e"); d.U64("f") },
			"wire: decode s: f at offset 1: need 8 bytes, have 1: short input", wire.ErrShort},
		{[]byte{9, 0, 0, 0, 1}, func(d *Decoder) {
			d.Blob("f")
		}, "wire: decode s: f at offset 4: need 9 bytes, have 1: short input", wire.ErrShort},
		{[]byte{0xff, 0xff, 0xff, 0xff}, func(d *Decoder) {
			d.Blob("f")
		}, "wire: decode s: f at offset 4: need 4294967295 bytes, have 0: short input",
			wire.ErrShort},
		{[]byte{9}, func(d *Decoder) {
			d.Blob("f")
		}, "wire: decode s: f length at offset 0: need 4 bytes, have 1: short input",
			wire.ErrShort},
		{[]byte{0, 2}, func(d *Decoder) { d.U8("e"); d.Bool("f") },
			"wire: decode s: f at offset 1: 2 is neither 0 nor 1: invalid value", wire.ErrInvalid},
		{[]byte{0}, func(d *Decoder) {
			d.Version(3)
		}, "wire: decode s: struct_v at offset 0: version 0, know 1 to 3: invalid value",
			wire.ErrInvalid},
		{[]byte{4}, func(d *Decoder) {
			d.Version(3)
		}, "wire: decode s: struct_v at offset 0: version 4, know 1 to 3: invalid value",
			wire.ErrInvalid},
		{[]byte{0, 1, 0, 0}, func(d *Decoder) {
			d.EntityType("f")
		}, "wire: decode s: f at offset 0: entity type 0x100: invalid value", wire.ErrInvalid},
		{[]byte{0, 0, 0, 0, 0, 0xca, 0x9a, 0x3b}, func(d *Decoder) {
			d.Time("f")
		}, "wire: decode s: f at offset 4: 1000000000 nanoseconds: invalid value", wire.ErrInvalid},
		{[]byte{1}, func(d *Decoder) {
			d.End()
		}, "wire: decode s: end at offset 0: 1 bytes too many: invalid value", wire.ErrInvalid},
		{[]byte{1, 2, 3}, func(d *Decoder) {
			d.U8("e")
			leave := d.Enter("inner")
			d.U8("g")
			d.U16("h")
			leave()
		}, "wire: decode inner: h at offset 1: need 2 bytes, have 1: short input", wire.ErrShort},
		{[]byte{1, 2}, func(d *Decoder) {
			leave := d.Enter("inner")
			d.U8("g")
			leave()
			d.U16("f")
		}, "wire: decode s: f at offset 1: need 2 bytes, have 1: short input", wire.ErrShort},
	} {
		d := NewDecoder("s", c.input)
		c.read(d)
		if d.Err() == nil || d.Err().Error() != c.want || !errors.Is(d.Err(), c.is) {
			t.Errorf("%x:\n got %v\nwant %s", c.input, d.Err(), c.want)
		}
		// After the first error nothing is read and nothing changes.
		first := d.Err()
		d.U8("x")
		d.Bytes("x", 0)
		d.Blob("x")
		d.Invalid("x", "later")
		if d.Err() != first {
			t.Errorf("%x: error changed to %v", c.input, d.Err())
		}
	}
}

// TestAlias makes sure that appending to what a Decoder returned does not write into its input.
func TestAlias(t *testing.T) {
	input := []byte{1, 2, 3}
	d := NewDecoder("s", input)
	_ = append(d.Bytes("f", 1), 99)
	if input[1] != 2 {
		t.Error("input was written to")
	}
}
