package wire_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"simplemessenger/wire"
)

// Addresses compare as bytes in memory: type and nonce are little endian there, so their lowest
// byte decides first; port and IP are in network order.
func TestCompareBytes(t *testing.T) {
	for _, test := range []struct{ name, lower, higher string }{
		{"port", "10.1.2.3:6789/0", "10.1.2.3:6790/0"},
		{"port, network order", "10.1.2.3:511/0", "10.1.2.3:512/0"}, // 01ff, 0200
		{"IP", "10.1.2.3:6789/0", "10.1.2.4:6789/0"},
		{"IP, network order", "9.255.255.255:6789/0", "10.0.0.0:6789/0"},
		{"port before IP", "10.9.9.9:6789/0", "10.1.1.1:6790/0"},
		{"nonce", "10.1.2.3:6789/1", "10.1.2.3:6789/2"},
		{"nonce before port", "10.1.2.3:9999/1", "10.1.2.3:1/2"},
		{"nonce, lowest byte first", "10.1.2.3:6789/256", "10.1.2.3:6789/1"},
		// 0x010000ff, 0x020000ff
		{"nonce, highest byte last", "10.1.2.3:6789/16777471", "10.1.2.3:6789/33554687"},
		{"type before nonce", "10.1.2.3:6789/9", "v2:10.1.2.3:6789/1"},
		{"family", "10.1.2.3:9999/0", "[::1]:1/0"},
		{"blank", "-", "0.0.0.0:0/0"},
		{"IPv6", "[2001:db8::1]:6789/0", "[2001:db8::2]:6789/0"},
		{"scope", "[fe80::1%1]:6789/0", "[fe80::1%2]:6789/0"},
	} {
		low, high := addr(test.lower), addr(test.higher)
		if low.Compare(high) != -1 || high.Compare(low) != 1 || low.Compare(low) != 0 ||
			high.Compare(high) != 0 {
			t.Errorf("%s: Compare(%v, %v) = %d, reversed %d", test.name, low, high,
				low.Compare(high), high.Compare(low))
		}
	}
	low, high := v4(256, "10.1.2.3", 6789, 0), v4(1, "10.1.2.3", 6789, 0)
	if low.Compare(high) != -1 {
		t.Error("the type's lowest byte does not decide first")
	}
	flow := addr("[::1]:1/0")
	flow.FlowInfo = 1
	if flow.Compare(addr("[::2]:1/0")) != 1 {
		t.Error("the flow label stands before the address")
	}
}

func TestCompareIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := addrGen.Draw(t, "a"), addrGen.Draw(t, "b"), addrGen.Draw(t, "c")
		if a.Compare(b) != -b.Compare(a) {
			t.Fatalf("not antisymmetric: %v, %v", a, b)
		}
		if (a.Compare(b) == 0) != (a == b) {
			t.Fatalf("Compare(%v, %v) = %d", a, b, a.Compare(b))
		}
		if a.Compare(b) < 0 && b.Compare(c) < 0 && a.Compare(c) >= 0 {
			t.Fatalf("not transitive: %v, %v, %v", a, b, c)
		}
	})
}

// A server answers WAIT when its own connection wins the race, which is when the peer's address is
// the higher one.
func TestCompareAgreesWithRealRaces(t *testing.T) {
	data, err := os.ReadFile("../testdata/captures/captures.json")
	if err != nil {
		t.Fatal(err)
	}
	var files []struct {
		File        string
		Connections []struct {
			Number        int
			Tags          string
			ClientAddress wire.EntityAddr `json:"client_address"`
			ServerAddress wire.EntityAddr `json:"server_address"`
		}
	}
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	races := 0
	for _, f := range files {
		for _, c := range f.Connections {
			if !strings.Contains(c.Tags, "<WAIT") {
				continue
			}
			races++
			if c.ClientAddress.Compare(c.ServerAddress) <= 0 {
				t.Errorf("%s, connection %d: %v was told to wait by %v, which is not lower", f.File,
					c.Number, c.ClientAddress, c.ServerAddress)
			}
		}
	}
	if races != 8 {
		t.Errorf("%d races in the captures, want 8", races)
	}
}
