package wire_test

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"simplemessenger/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func padded(t testing.TB, s string, size int) []byte {
	b := unhex(t, s)
	return append(b, make([]byte, size-len(b))...)
}

func TestEntityAddrBytes(t *testing.T) {
	for _, test := range []struct {
		addr          wire.EntityAddr
		legacy, addr2 string
	}{
		{addr("10.1.2.3:6789/305419896"),
			"00000000 78563412 0002 1a85 0a010203",
			"01 01 01 1c000000 01000000 78563412 10000000 0200 1a85 0a010203 0000000000000000"},
		{wire.EntityAddr{Type: wire.AddrLegacy, IP: netip.MustParseAddr("2001:db8::1"), Port: 6789,
			Nonce: 1, FlowInfo: 0x0a0b0c0d, ScopeID: 3},
			"00000000 01000000 000a 1a85 0d0c0b0a 20010db8000000000000000000000001 03000000",
			"01 01 01 28000000 01000000 01000000 1c000000 0a00 1a85 0d0c0b0a " +
				"20010db8000000000000000000000001 03000000"},
		{wire.EntityAddr{Nonce: 5},
			"00000000 05000000",
			"01 01 01 0c000000 00000000 05000000 00000000"},
	} {
		legacy := padded(t, test.legacy, wire.EntityAddrSize)
		if got := test.addr.Append(nil); string(got) != string(legacy) {
			t.Errorf("%v: Append\n got %x\nwant %x", test.addr, got, legacy)
		}
		if got, err := wire.DecodeEntityAddr(legacy); err != nil || got != test.addr {
			t.Errorf("DecodeEntityAddr = %#v, %v, want %#v", got, err, test.addr)
		}
		addr2 := unhex(t, test.addr2)
		if got := test.addr.AppendAddr2(nil); string(got) != string(addr2) {
			t.Errorf("%v: AppendAddr2\n got %x\nwant %x", test.addr, got, addr2)
		}
		for _, b := range [][]byte{legacy, addr2} {
			if got, n, err := wire.DecodeEntityAddrAny(
				b); err != nil || got != test.addr || n != len(b) {
				t.Errorf("DecodeEntityAddrAny = %#v, %d, %v, want %#v, %d", got, n, err, test.addr,
					len(b))
			}
		}
	}
}

func TestEntityAddrKeepsType(t *testing.T) {
	for _, typ := range []wire.AddrType{wire.AddrNone, wire.AddrLegacy, wire.AddrMsgr2,
		wire.AddrAny, wire.AddrCIDR, 99} {
		a := v4(typ, "1.2.3.4", 5, 6)
		if got, _, err := wire.DecodeEntityAddrAny(a.AppendAddr2(nil)); err != nil || got != a {
			t.Errorf("type %d: got %#v, %v", typ, got, err)
		}
	}
}

func TestDecodeEntityAddrErrors(t *testing.T) {
	for _, test := range []struct {
		name, hex, field string
		offset           int
		err              error
		any              bool
	}{
		{"legacy type", "01000000", "type", 0, wire.ErrInvalid, false},
		{"legacy family", "00000000 00000000 0003", "family", 8, wire.ErrInvalid, false},
		{"legacy family in the wrong byte order", "00000000 00000000 0200", "family", 8,
			wire.ErrInvalid, false},
		{"marker", "03", "marker", 0, wire.ErrInvalid, true},
		{"newer than we know", "01 02 02 0c000000", "struct_compat", 2, wire.ErrInvalid, true},
		{"struct_len too small", "01 01 01 0b000000", "struct_len", 3, wire.ErrInvalid, true},
		{"struct_len too large", "01 01 01 ffffffff", "struct_len", 3, wire.ErrTooLarge, true},
		{"elen beyond struct_len", "01 01 01 0c000000 01000000 00000000 01000000", "elen", 15,
			wire.ErrTooLarge, true},
		{"elen 1", "01 01 01 0d000000 01000000 00000000 01000000 00", "elen", 15, wire.ErrInvalid,
			true},
		{"family", "01 01 01 0e000000 01000000 00000000 02000000 0300", "family", 19,
			wire.ErrInvalid, true},
		{"family in the wrong byte order", "01 01 01 0e000000 01000000 00000000 02000000 0002",
			"family", 19, wire.ErrInvalid, true},
		{"elen too small for IPv4", "01 01 01 13000000 01000000 00000000 07000000 0200 1a85 0a0102",
			"elen", 15, wire.ErrInvalid, true},
		{"elen too small for IPv6", "01 01 01 27000000 01000000 00000000 1b000000 0a00 1a85 " +
			"00000000 20010db8000000000000000000000001 030000", "elen", 15, wire.ErrInvalid, true},
		{"elen 0 is read as blank, then cut off", "01 01 01 0c000000 00000000 05", "type", 7,
			wire.ErrShort, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := unhex(t, test.hex)
			var err error
			if test.any {
				_, _, err = wire.DecodeEntityAddrAny(b)
			} else {
				_, err = wire.DecodeEntityAddr(padded(t, test.hex, wire.EntityAddrSize))
			}
			var decodeError *wire.DecodeError
			if !errors.As(err, &decodeError) || !errors.Is(err, test.err) ||
				decodeError.Field != test.field || decodeError.Offset != test.offset {
				t.Errorf("got %v, want %s at %d: %v", err, test.field, test.offset, test.err)
			}
		})
	}
}

// A later version of the encoding may add fields at the end; what we know of it is read, the rest
// is skipped.
func TestDecodeAddr2OfALaterVersion(t *testing.T) {
	b := addr("1.2.3.4:5/6").AppendAddr2(nil)
	b[1], b[3] = 9, b[3]+4
	b = append(b, 0xaa, 0xbb, 0xcc, 0xdd)
	got, n, err := wire.DecodeEntityAddrAny(append(b, 0xee))
	if err != nil || n != len(b) || got != addr("1.2.3.4:5/6") {
		t.Errorf("got %v, %d, %v, want %d bytes", got, n, err, len(b))
	}
}

func TestAddrVecBytes(t *testing.T) {
	v := wire.AddrVec{addr("v2:1.2.3.4:3300/0"), addr("1.2.3.4:6789/0")}
	want := append([]byte{2, 2, 0, 0, 0}, v[0].AppendAddr2(nil)...)
	want = v[1].AppendAddr2(want)
	if got := v.Append(nil); string(got) != string(want) {
		t.Errorf("got %x, want %x", got, want)
	}
	got, n, err := wire.DecodeAddrVec(append(want, 9))
	if err != nil || n != len(want) || got.String() != v.String() {
		t.Errorf("got %v, %d, %v, want %v, %d", got, n, err, v, len(want))
	}
	for _, single := range [][]byte{v[1].Append(nil), v[1].AppendAddr2(nil)} {
		got, n, err := wire.DecodeAddrVec(single)
		if err != nil || n != len(single) || len(got) != 1 || got[0] != v[1] {
			t.Errorf("single address: got %v, %d, %v", got, n, err)
		}
	}
	if got := v.Legacy(); got != v[1] {
		t.Errorf("Legacy() = %v, want %v", got, v[1])
	}
	if got := v[:1].Legacy(); got != (wire.EntityAddr{}) {
		t.Errorf("Legacy() of a vector without one = %v, want the zero value", got)
	}
}

func TestDecodeAddrVecErrors(t *testing.T) {
	tooMany := []byte{2, wire.MaxAddrVec + 1, 0, 0, 0}
	for _, test := range []struct {
		b    []byte
		err  error
		text string
	}{
		{nil, wire.ErrShort, "entity_addrvec: marker at offset 0: need 1 bytes, have 0"},
		{[]byte{2}, wire.ErrShort, "entity_addrvec: count at offset 1: need 5 bytes, have 1"},
		{[]byte{2, 1, 0, 0, 0}, wire.ErrShort, "entity_addr: marker at offset 0"},
		{[]byte{2, 0xff, 0xff, 0xff, 0xff}, wire.ErrTooLarge,
			"entity_addrvec: count at offset 1: 4294967295 is above 64"},
		{tooMany, wire.ErrTooLarge, "65 is above 64"},
		{[]byte{7}, wire.ErrInvalid, "entity_addr: marker at offset 0: 7"},
		{[]byte{2, 1, 0, 0, 0, 7}, wire.ErrInvalid, "entity_addr: marker at offset 0: 7"},
	} {
		if _, _, err := wire.DecodeAddrVec(
			test.b); !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("DecodeAddrVec(%x) = %v, want %v with %q", test.b, err, test.err, test.text)
		}
	}
	most := make(wire.AddrVec, wire.MaxAddrVec)
	if got, _, err := wire.DecodeAddrVec(most.Append(
		nil)); err != nil || len(got) != wire.MaxAddrVec {
		t.Errorf("a vector of the largest size: %d addresses, %v", len(got), err)
	}
}

func TestNewEntityAddr(t *testing.T) {
	mapped := netip.MustParseAddrPort("[::ffff:10.1.2.3]:6789")
	if got := wire.NewEntityAddr(mapped, 7); got != addr("10.1.2.3:6789/7") {
		t.Errorf("an IPv4 address in IPv6 clothes: %#v", got)
	}
	zoned := netip.MustParseAddrPort("[fe80::1%3]:6789")
	if got := wire.NewEntityAddr(zoned,
		7); got != addr("[fe80::1%3]:6789/7") || got.AddrPort() != zoned {
		t.Errorf("zone: %#v", got)
	}
	if got := addr("10.1.2.3:6789/7").AddrPort(); got != netip.MustParseAddrPort("10.1.2.3:6789") {
		t.Errorf("AddrPort() = %v", got)
	}
}

func TestEntityAddrFromNet(t *testing.T) {
	for _, test := range []struct {
		net  net.Addr
		want wire.EntityAddr
	}{
		{&net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 6789}, addr("10.1.2.3:6789/7")},
		{&net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 6789}, addr("[2001:db8::1]:6789/7")},
		{&net.TCPAddr{Port: 6789}, wire.EntityAddr{Nonce: 7}},
		{&net.UnixAddr{Name: "x", Net: "unix"}, wire.EntityAddr{Nonce: 7}},
		{nil, wire.EntityAddr{Nonce: 7}},
	} {
		if got := wire.EntityAddrFromNet(test.net, 7); got != test.want {
			t.Errorf("EntityAddrFromNet(%v) = %#v, want %#v", test.net, got, test.want)
		}
	}
}

func TestBlankAndSame(t *testing.T) {
	full := addr("10.1.2.3:6789/7")
	for _, test := range []struct {
		other                                string
		blank, blankIP, sameHost, probEquals bool
	}{
		{"10.1.2.3:6789/7", false, false, true, true},
		{"10.1.2.3:6789/8", false, false, true, false},
		{"10.1.2.3:6788/7", false, false, true, false},
		{"10.1.2.4:6789/7", false, false, false, false},
		{"0.0.0.0:6789/7", false, true, false, true},
		{"[::]:6789/7", false, true, false, true},
		{"0.0.0.0:6789/8", false, true, false, false},
		{"-/7", true, true, false, false}, // its port is 0
	} {
		a := addr(test.other)
		if a.IsBlank() != test.blank || a.IsBlankIP() != test.blankIP ||
			a.SameHost(full) != test.sameHost {
			t.Errorf("%v: blank %v, blank IP %v, same host %v", a, a.IsBlank(), a.IsBlankIP(),
				a.SameHost(full))
		}
		if a.ProbablyEquals(full) != test.probEquals || full.ProbablyEquals(a) != test.probEquals {
			t.Errorf("%v: ProbablyEquals = %v, %v, want %v", a, a.ProbablyEquals(full),
				full.ProbablyEquals(a), test.probEquals)
		}
	}
}
