package wire_test

import (
	"testing"
	"time"

	"simplemessenger/wire"
)

func TestFooterBytes(t *testing.T) {
	f := wire.Footer{FrontCRC: 0x01020304, MiddleCRC: 0x11121314, DataCRC: 0x21222324,
		Signature: 0x3132333435363738, Flags: 5}
	want := unhex(t, "04030201 14131211 24232221 3837363534333231 05")
	if got := f.Append(nil); string(got) != string(want) {
		t.Errorf("Append = %x, want %x", got, want)
	}
	got := wire.Footer{Signature: 1, Flags: 0xff}
	if err := got.Decode(want); err != nil || got != f {
		t.Errorf("Decode = %+v, %v", got, err)
	}
	old := unhex(t, "04030201 14131211 24232221 05")
	if got := f.AppendOld(nil); string(got) != string(old) {
		t.Errorf("AppendOld = %x, want %x", got, old)
	}
	f.Signature = 0
	if err := got.DecodeOld(old); err != nil || got != f {
		t.Errorf("DecodeOld = %+v, %v, want the signature cleared", got, err)
	}
}

func TestFooterFlags(t *testing.T) {
	for flags, want := range map[wire.FooterFlags]string{
		0: "none", wire.FooterComplete: "complete", wire.FooterNoCRC: "nocrc",
		wire.FooterSigned: "signed",
		5:                 "complete|signed", 7: "complete|nocrc|signed", 8: "unknown",
		9: "complete|unknown",
	} {
		if got := flags.String(); got != want {
			t.Errorf("FooterFlags(%d).String() = %q, want %q", flags, got, want)
		}
	}
	if wire.FooterComplete != 1 || wire.FooterNoCRC != 2 || wire.FooterSigned != 4 {
		t.Error("flags have other values than Ceph's")
	}
}

// The check values of CRC-32C are known with inversion at both ends; without it, the checksum of
// nothing is the seed.
func TestCRC(t *testing.T) {
	digits := []byte("123456789")
	for _, test := range []struct {
		name string
		seed uint32
		data []byte
		want uint32
	}{
		{"nothing", 0, nil, 0},
		{"nothing, with a seed", 0x12345678, nil, 0x12345678},
		{"zeros do not count from seed 0", 0, make([]byte, 100), 0},
		{"catalogue value, inverted", ^uint32(0), digits, ^uint32(0xe3069283)},
		{"digits", 0, digits, 0x58e3fa20},
		{"32 bytes of ff, inverted (RFC 3720)", ^uint32(0),
			unhex(t, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
			^uint32(0x62a8ab43)},
	} {
		if got := wire.CRC(test.seed, test.data); got != test.want {
			t.Errorf("%s: %#08x, want %#08x", test.name, got, test.want)
		}
	}
	if whole, parts := wire.CRC(0, digits), wire.CRC(wire.CRC(0, digits[:4]),
		digits[4:]); whole != parts {
		t.Errorf("in two parts %#08x, in one %#08x", parts, whole)
	}
}

func TestSeqBytes(t *testing.T) {
	want := unhex(t, "0807060504030201")
	if got := wire.AppendSeq(nil, 0x0102030405060708); string(got) != string(want) {
		t.Errorf("AppendSeq = %x, want %x", got, want)
	}
	if got, err := wire.DecodeSeq(want); err != nil || got != 0x0102030405060708 {
		t.Errorf("DecodeSeq = %#x, %v", got, err)
	}
}

func TestTimespec(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 30, 15, 123456789, time.UTC)
	ts := wire.NewTimespec(at)
	if want := (wire.Timespec{Sec: 1709209815, Nsec: 123456789}); ts != want {
		t.Errorf("NewTimespec = %+v, want %+v", ts, want)
	}
	if !ts.Time().Equal(at) {
		t.Errorf("Time() = %v, want %v", ts.Time(), at)
	}
	want := unhex(t, "d778e065 15cd5b07")
	if got := ts.Append(nil); string(got) != string(want) {
		t.Errorf("Append = %x, want %x", got, want)
	}
	if got, err := wire.DecodeTimespec(want); err != nil || got != ts {
		t.Errorf("DecodeTimespec = %+v, %v", got, err)
	}
	odd := wire.Timespec{Sec: 1, Nsec: 4e9} // echoed as it came, understood as far as possible
	if got, err := wire.DecodeTimespec(odd.Append(
		nil)); err != nil || got != odd || !odd.Time().Equal(time.Unix(5, 0)) {
		t.Errorf("more than a second of nanoseconds: %+v, %v, %v", got, err, odd.Time())
	}
	// The field has 32 bits without a sign: it ends in 2106, not in 2038.
	late := time.Unix(1<<32-1, 0)
	if got := wire.NewTimespec(late).Time(); !got.Equal(late) {
		t.Errorf("after 2038: %v, want %v", got, late)
	}
}
