package cephx_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

const (
	adminKey = "AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig=="
	osdKey   = "AQAKSAJrh4mGAhAARwkP4/aJv6xpsKFiiztGQw=="
)

func parseKeyring(t testing.TB, text string) *cephx.Keyring {
	t.Helper()
	k, err := cephx.ParseKeyring(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func name(t testing.TB, s string) auth.EntityName {
	t.Helper()
	n, err := auth.ParseEntityName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestParseKeyring(t *testing.T) {
	k := parseKeyring(t, "\ufeff# comment\n"+
		"; comment\r\n"+
		"\n"+
		"[client.admin] # comment\n"+
		"key=wrong\n"[:0]+
		"\tkey = "+adminKey+"\n"+
		"  auid = 18446744073709551615\n"+
		"caps mon = \"allow *\"\n"+
		"caps_osd = 'allow r; say \\'x\\'' ; comment\n"+
		"caps   mds=allow # comment\n"+
		"[ osd.0 ]\n"+
		"key = "+adminKey+"\n"+
		"key = "+osdKey+"\n"+
		"[mon.]\n"+
		"caps mon = \"a \\\"quoted\\\" \\\\ b\"\n"+
		"[client.admin]\n"+
		"caps mgr = \"\"")
	var got []string
	for _, n := range k.Names() {
		got = append(got, n.String())
	}
	if diff := cmp.Diff([]string{"mon.", "osd.0", "client.admin"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	admin, err := k.Lookup(name(t, "client.admin"))
	if err != nil {
		t.Fatal(err)
	}
	if admin.Key.Base64() != adminKey {
		t.Errorf("key %s", admin.Key.Base64())
	}
	want := map[string]string{"mon": "allow *", "osd": "allow r; say 'x'", "mds": "allow",
		"mgr": ""}
	if diff := cmp.Diff(want, admin.Caps); diff != "" {
		t.Errorf("caps (-want +got):\n%s", diff)
	}
	osd, err := k.Lookup(name(t, "osd.0"))
	if err != nil || osd.Key.Base64() != osdKey {
		t.Errorf("osd.0: %v, %v", osd.Key.Base64(), err)
	}
	for entity, want := range map[string]string{
		"mon.":     "cephx: keyring has no key for mon.: no such entity",
		"client.x": "cephx: keyring has nothing for client.x: no such entity",
	} {
		if _, err := k.Lookup(name(t,
			entity)); !errors.Is(err, cephx.ErrNoSuchEntity) || err.Error() != want {
			t.Errorf("Lookup(%s): %v, want %s", entity, err, want)
		}
	}
}

func TestKeyringRoundTrip(t *testing.T) {
	text := "[mon.]\n" +
		"\tkey = " + osdKey + "\n" +
		"\tcaps mon = \"a \\\"quoted\\\" \\\\ b\"\n" +
		"[client.a b]\n" +
		"[client.admin]\n" +
		"\tkey = " + adminKey + "\n" +
		"\tcaps mon = \"allow *\"\n" +
		"\tcaps osd = \"allow * # no comment; either\"\n"
	var b bytes.Buffer
	n, err := parseKeyring(t, text).WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Errorf("WriteTo = %d, %v; wrote %d", n, err, b.Len())
	}
	if diff := cmp.Diff(text, b.String()); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}

func TestKeyringWriteRefuses(t *testing.T) {
	for _, c := range []struct {
		id, caps string
	}{{"a\nb", ""}, {"a]", ""}, {"a", "b\n[client.admin]"}} {
		var k cephx.Keyring
		k.Set(auth.EntityName{Type: wire.EntityClient, ID: c.id},
			cephx.KeyringEntry{Caps: map[string]string{"mon": c.caps}})
		var b bytes.Buffer
		if _, err := k.WriteTo(&b); err == nil || b.Len() > 0 {
			t.Errorf("%q, %q: wrote %q, %v", c.id, c.caps, &b, err)
		}
	}
}

func TestParseKeyringErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"key = " + adminKey, "cephx: keyring test:1: field before the first section"},
		{"\n[client.admin\n", "cephx: keyring test:2: section has no closing bracket"},
		{"[client.admin] x\n", "cephx: keyring test:1: more text behind the end"},
		{"[global]\n",
			`cephx: keyring test:1: auth: entity name "global" has no dot (want a form such as client.admin)`},
		{"[cow.1]\n",
			`cephx: keyring test:1: auth: entity name "cow.1": wire: "cow" is not an entity type (mon, mds, osd, client, mgr, auth)`},
		{"[osd.0]\n\nkey\n", "cephx: keyring test:3: want a section such as [client.admin] or a " +
			"field such as key = ..."},
		{"[osd.0]\nkey = \n",
			"cephx: keyring test:2: key of osd.0: wire: decode crypto_key: type " +
				"at offset 0: need 2 bytes, have 0: short input"},
		{"[osd.0]\nkey = " + osdKey + "=\n",
			"cephx: keyring test:2: key of osd.0: cephx: key of 41 characters is not base64"},
		{"[osd.0]\nkey = " + osdKey[:36] + "\n",
			"cephx: keyring test:2: key of osd.0: wire: decode crypto_key: secret at offset 12: " +
				"need 16 bytes, have 15: short input"},
		{"[osd.0]\nkey = \"" + osdKey + "\n", "cephx: keyring test:2: value has no closing quote"},
		{"[osd.0]\nkey = \"" + osdKey + "\" x\n",
			"cephx: keyring test:2: more text behind the end"},
		{"[osd.0]\ncaps = \"allow *\"\n",
			"cephx: keyring test:2: caps of osd.0 without a kind of service (want a form such as " +
				"caps mon = ...)"},
		{"[osd.0]\nkeys = x\n", "cephx: keyring test:2: unknown field of osd.0 (want key or caps)"},
		{"[osd.0]\n" + strings.Repeat("x", 2<<20),
			"cephx: keyring test:2: bufio.Scanner: token too long"},
		{strings.Repeat("#\n", 9<<20),
			"cephx: keyring test:8388609: keyring is longer than 16777216 bytes"},
	} {
		_, err := cephx.ParseKeyring(strings.NewReader(c.text), "test")
		shown := c.text[:min(len(c.text), 60)]
		if err == nil {
			t.Errorf("%q is taken", shown)
		} else if err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", shown, err, c.want)
		} else if strings.Contains(err.Error(), osdKey[:20]) {
			t.Errorf("%q: error quotes the key", shown)
		}
	}
}

func TestLoadKeyring(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	if _, err := cephx.LoadKeyring(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("[mon.]\nkey = "+osdKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := cephx.LoadKeyring(path)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := k.ServiceSecret(wire.EntityMon, cephx.SharedSecretID)
	if err != nil || shared.Base64() != osdKey {
		t.Errorf("shared key of mon: %v, %v", shared.Base64(), err)
	}
	for _, c := range []struct {
		service wire.EntityType
		id      uint64
	}{{wire.EntityMon, 1}, {wire.EntityOSD, cephx.SharedSecretID}} {
		if _, err := k.ServiceSecret(c.service, c.id); !errors.Is(err, cephx.ErrUnknownSecret) {
			t.Errorf("secret %d of %v: %v", c.id, c.service, err)
		}
	}
}

// TestKeyringSetCopies makes sure that later changes of a caller's map do not reach the keyring.
func TestKeyringSetCopies(t *testing.T) {
	caps := map[string]string{"mon": "allow r"}
	var k cephx.Keyring
	k.Set(name(t, "client.x"), cephx.KeyringEntry{Key: testKey(t, 1), Caps: caps})
	caps["mon"] = "allow *"
	entry, err := k.Lookup(name(t, "client.x"))
	if err != nil || entry.Caps["mon"] != "allow r" {
		t.Errorf("%v, %v", entry.Caps, err)
	}
}

func FuzzParseKeyring(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add(r.Cephx.Keyring)
	}
	f.Add("[a.b]\nkey='\\")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := cephx.ParseKeyring(strings.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if _, err := k.WriteTo(&once); err != nil {
			return // caps with a lone carriage return
		}
		again, err := cephx.ParseKeyring(bytes.NewReader(once.Bytes()), "fuzz")
		if err != nil {
			t.Fatalf("written keyring cannot be read: %v\n%q", err, &once)
		}
		if _, err := again.WriteTo(&twice); err != nil || once.String() != twice.String() {
			t.Fatalf("%v\n%q\n%q", err, &once, &twice)
		}
	})
}
