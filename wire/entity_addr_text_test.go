package wire_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/wire"
)

func v4(typ wire.AddrType, ip string, port uint16, nonce uint32) wire.EntityAddr {
	return wire.EntityAddr{Type: typ, IP: netip.MustParseAddr(ip), Port: port, Nonce: nonce}
}

// addrTexts are text forms and what they mean; those with canonical set are also what String
// returns.
var addrTexts = []struct {
	text      string
	addr      wire.EntityAddr
	canonical bool
}{
	{"10.1.2.3:6789/1234", v4(wire.AddrLegacy, "10.1.2.3", 6789, 1234), true},
	{"v1:10.1.2.3:6789/1234", v4(wire.AddrLegacy, "10.1.2.3", 6789, 1234), false},
	{"v2:10.1.2.3:3300/0", v4(wire.AddrMsgr2, "10.1.2.3", 3300, 0), true},
	{"any:10.1.2.3:3300/0", v4(wire.AddrAny, "10.1.2.3", 3300, 0), true},
	{"cidr:10.0.0.0:0/24", v4(wire.AddrCIDR, "10.0.0.0", 0, 24), true},
	{"10.1.2.3:6789", v4(wire.AddrLegacy, "10.1.2.3", 6789, 0), false},
	{"10.1.2.3/5", v4(wire.AddrLegacy, "10.1.2.3", 0, 5), false},
	{"10.1.2.3", v4(wire.AddrLegacy, "10.1.2.3", 0, 0), false},
	{"127.0.0.1:65535/4294967295", v4(wire.AddrLegacy, "127.0.0.1", 65535, 4294967295), true},
	{"0.0.0.0:0/7", v4(wire.AddrLegacy, "0.0.0.0", 0, 7), true},
	{"[2001:db8::1]:6789/9", v4(wire.AddrLegacy, "2001:db8::1", 6789, 9), true},
	{"v1:[::1]:6789/0", v4(wire.AddrLegacy, "::1", 6789, 0), false},
	{"v2:[::]:3300/0", v4(wire.AddrMsgr2, "::", 3300, 0), true},
	{"2001:db8::1", v4(wire.AddrLegacy, "2001:db8::1", 0, 0), false},
	{"2001:db8::1/3", v4(wire.AddrLegacy, "2001:db8::1", 0, 3), false},
	{"[2001:db8::1]", v4(wire.AddrLegacy, "2001:db8::1", 0, 0), false},
	{"[::ffff:1.2.3.4]:5/6", v4(wire.AddrLegacy, "::ffff:1.2.3.4", 5, 6), true},
	{"[fe80::1%3]:6789/0", wire.EntityAddr{Type: wire.AddrLegacy,
		IP: netip.MustParseAddr("fe80::1"), Port: 6789, ScopeID: 3}, true},
	{"10.1.2.3:6789/", v4(wire.AddrLegacy, "10.1.2.3", 6789, 0), false},
	{"10.1.2.3/", v4(wire.AddrLegacy, "10.1.2.3", 0, 0), false},
	{":6789", v4(wire.AddrLegacy, "0.0.0.0", 6789, 0), false},
	{":0", v4(wire.AddrLegacy, "0.0.0.0", 0, 0), false},
	{"v1::0/3", v4(wire.AddrLegacy, "0.0.0.0", 0, 3), false},
	{"-", wire.EntityAddr{}, true},
	{"-/0", wire.EntityAddr{}, false},
	{"-/12", wire.EntityAddr{Nonce: 12}, true},
	{"any:-/0", wire.EntityAddr{Type: wire.AddrAny}, true},
}

var badAddrTexts = []string{
	"", "osd.3", "localhost:6789", "10.1.2.3:70000", "10.1.2.3:-1", "10.1.2.3:x", "10.1.2.3:1/x",
	"10.1.2.3:1/4294967296",
	"10.1.2.3:1/-1", "v3:10.1.2.3:1/0", "[::1", "[::1]6789", "[::1]:", "::1]:5",
	"[fe80::1%nosuchif]:6789/0", "1.2.3:4/5", "v1:", "[-]",
	"10.1.2.3:", "10.1.2.3:1/x", "/", "/5", "a b:1", "-x:1", "a..b:1", "v1:v1:1.2.3.4:5/6",
}

func TestEntityAddrText(t *testing.T) {
	for _, test := range addrTexts {
		got, err := wire.ParseEntityAddr(test.text)
		if err != nil || got != test.addr {
			t.Errorf("ParseEntityAddr(%q) = %#v, %v, want %#v", test.text, got, err, test.addr)
		}
		if test.canonical && test.addr.String() != test.text {
			t.Errorf("String() = %q, want %q", test.addr.String(), test.text)
		}
	}
}

func TestParseEntityAddrRejects(t *testing.T) {
	for _, s := range badAddrTexts {
		if a, err := wire.ParseEntityAddr(s); err == nil {
			t.Errorf("ParseEntityAddr(%q) = %#v, want an error", s, a)
		}
	}
}

func TestAddrVecText(t *testing.T) {
	first, second := addr("v2:1.2.3.4:3300/0"), addr("v1:1.2.3.4:6789/0")
	six := addr("[::1]:5/6")
	for _, test := range []struct {
		text      string
		vec       wire.AddrVec
		canonical bool
	}{
		{"[v2:1.2.3.4:3300/0,v1:1.2.3.4:6789/0]", wire.AddrVec{first, second}, true},
		{"1.2.3.4:6789/0", wire.AddrVec{second}, true},
		{"v2:1.2.3.4:3300/0", wire.AddrVec{first}, true},
		{"[v1:1.2.3.4:6789/0]", wire.AddrVec{second}, false},
		{"[::1]:5/6", wire.AddrVec{six}, true},
		{"[::1]", wire.AddrVec{addr("[::1]:0/0")}, false},
		{"[v1:[::1]:5/6,v2:1.2.3.4:3300/0]", wire.AddrVec{six, first}, true},
		{"[-,-/3]", wire.AddrVec{{}, {Nonce: 3}}, true},
		{"-", wire.AddrVec{{}}, true},
		{"[]", nil, true},
	} {
		got, err := wire.ParseAddrVec(test.text)
		if err != nil || !cmp.Equal(got, test.vec, cmpAddr) {
			t.Errorf("ParseAddrVec(%q) = %v, %v, want %v", test.text, got, err, test.vec)
		}
		if test.canonical && test.vec.String() != test.text {
			t.Errorf("String() = %q, want %q", test.vec.String(), test.text)
		}
	}
	for _, s := range []string{"", "[", "]", "[1.2.3.4:5/6", "[x,y]", "[,]",
		"1.2.3.4:5/6,1.2.3.4:5/6"} {
		if v, err := wire.ParseAddrVec(s); err == nil {
			t.Errorf("ParseAddrVec(%q) = %v, want an error", s, v)
		}
	}
}

// The text forms make addresses and names usable in JSON, also as keys.
func TestTextInJSON(t *testing.T) {
	in := map[wire.EntityName]wire.EntityAddr{wire.OSD(3): addr("10.1.2.3:6800/17"),
		wire.Client(wire.NumUnknown): {}}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"client.?":"-","osd.3":"10.1.2.3:6800/17"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var out map[wire.EntityName]wire.EntityAddr
	if err := json.Unmarshal(b, &out); err != nil || !cmp.Equal(in, out, cmpAddr) {
		t.Errorf("got %v, %v, want %v", out, err, in)
	}
	for _, bad := range []string{`{"osd":"-"}`, `{"osd.1":"x"}`} {
		if err := json.Unmarshal([]byte(bad), &out); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	if b, err := json.Marshal(wire.TagMsg); err != nil || string(b) != `"MSG"` {
		t.Errorf("tag: %s, %v", b, err)
	}
}

var cmpAddr = cmp.Comparer(func(a, b wire.EntityAddr) bool { return a == b })
