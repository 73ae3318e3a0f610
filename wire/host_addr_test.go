package wire_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/wire"
)

func TestParseHostAddr(t *testing.T) {
	four := netip.MustParseAddr("10.0.0.1")
	for _, test := range []struct {
		text string
		want wire.HostAddr
		name bool
	}{
		{"mon-a", wire.HostAddr{Type: wire.AddrLegacy, Host: "mon-a"}, true},
		{"localhost:6789", wire.HostAddr{Type: wire.AddrLegacy, Host: "localhost", Port: 6789,
			HasPort: true}, true},
		{"v1:mon.example.org:6789/7", wire.HostAddr{Type: wire.AddrLegacy, Typed: true,
			Host: "mon.example.org", Port: 6789, HasPort: true, Nonce: 7}, true},
		{"v2:mon_a:3300/", wire.HostAddr{Type: wire.AddrMsgr2, Typed: true, Host: "mon_a",
			Port: 3300, HasPort: true}, true},
		{"any:10.0.0.1:0", wire.HostAddr{Type: wire.AddrAny, Typed: true, Host: "10.0.0.1",
			IP: four, HasPort: true}, false},
		{"[fe80::1%lo]:6789", wire.HostAddr{Type: wire.AddrLegacy, Host: "fe80::1%lo",
			IP: netip.MustParseAddr("fe80::1%lo"), Port: 6789, HasPort: true}, false},
		{":6800", wire.HostAddr{Type: wire.AddrLegacy, Port: 6800, HasPort: true}, false},
		{"-", wire.HostAddr{Type: wire.AddrLegacy, Host: "-"}, false},
	} {
		got, err := wire.ParseHostAddr(test.text)
		if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b netip.Addr) bool {
			return a == b
		})); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", test.text, err, diff)
		}
		if got.IsName() != test.name {
			t.Errorf("%q: a name: %v", test.text, got.IsName())
		}
	}
	if got := (wire.HostAddr{Type: wire.AddrLegacy, Host: "x", Port: 6789,
		Nonce: 3}).EntityAddr(four); got.String() != "10.0.0.1:6789/3" {
		t.Errorf("with the address of its host: %v", got)
	}
}

func TestSplitAddrs(t *testing.T) {
	for text, want := range map[string][]string{
		"":                          nil,
		"10.0.0.1":                  {"10.0.0.1"},
		"10.0.0.1, 10.0.0.2;mon-c ": {"10.0.0.1", "10.0.0.2", "mon-c"},
		"[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]": {"v2:10.0.0.1:3300/0",
			"v1:10.0.0.1:6789/0"},
		"[v2:[::1]:3300/0,v1:[::1]:6789/0],[v1:[::2]:6789/0]": {"v2:[::1]:3300/0",
			"v1:[::1]:6789/0", "v1:[::2]:6789/0"},
		"[::1]:6789 [::2],[v1:[::3]]": {"[::1]:6789", "[::2]",
			"v1:[::3]"},
		"[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0],any:10.0.0.2:6789/0": {"v2:10.0.0.1:3300/0",
			"v1:10.0.0.1:6789/0", "any:10.0.0.2:6789/0"},
	} {
		if diff := cmp.Diff(want, wire.SplitAddrs(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// A scope goes from the system to the wire and back.
func TestScopeSurvives(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil || len(interfaces) == 0 {
		t.Skipf("SKIPPED: no network interface: %v", err)
	}
	name, index := interfaces[0].Name, interfaces[0].Index
	a := wire.EntityAddrFromNet(&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 6789, Zone: name}, 7)
	if int(a.ScopeID) != index {
		t.Errorf("%s is %d, on the wire %d", name, index, a.ScopeID)
	}
	back, err := wire.DecodeEntityAddr(a.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if zone := back.AddrPort().Addr().Zone(); zone == "" || back.Untyped() != a.Untyped() {
		t.Errorf("%v became %v with the zone %q", a, back, zone)
	}
	text, err := wire.ParseEntityAddr("[fe80::1%" + name + "]:6789/7")
	if err != nil || text.Untyped() != a.Untyped() {
		t.Errorf("%v, %v", text, err)
	}
}
