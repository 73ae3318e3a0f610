package cephconf_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/auth"
	"simplemessenger/monclient/cephconf"
	"simplemessenger/wire"
)

var admin = auth.EntityName{Type: wire.EntityClient, ID: "admin"}

const sample = `
# comment
; another
[global]
	mon_host = v1:10.0.0.1:6789 ; where
	auth client required = cephx
	run dir = /run/$cluster
	admin socket = ${run_dir}/$name.$id.$type.asok
	price = 5$ or $nothing
	circle = $circle
	hash = a\#b\;c
	quoted = " # not a comment; "
	long = one, \
	       two
	cephx sign messages = false
	number = 12
	not a bool = maybe
[client]
	keyring = /etc/ceph/$cluster.$name.keyring
	number = 13
[client.admin]
	number = 14
[global]
	price = 6$ or $nothing
`

func TestGet(t *testing.T) {
	f, err := cephconf.Parse(strings.NewReader(sample), "/etc/ceph/other.conf")
	if err != nil {
		t.Fatal(err)
	}
	for option, want := range map[string]string{
		"mon_host": "v1:10.0.0.1:6789", "auth_client_required": "cephx", "run_dir": "/run/other",
		"admin_socket": "/run/other/client.admin.admin.client.asok", "price": "6$ or $nothing",
		"circle": "$circle",
		"hash":   "a#b;c", "quoted": "# not a comment;", "long": "one, \t       two",
		"keyring": "/etc/ceph/other.client.admin.keyring", "number": "14",
	} {
		if got, ok := f.Get(admin, option); !ok || got != want {
			t.Errorf("%s = %q, %t, want %q", option, got, ok, want)
		}
	}
	for name, want := range map[auth.EntityName]string{{Type: wire.EntityClient, ID: "x"}: "13",
		{Type: wire.EntityOSD, ID: "0"}: "12"} {
		if got, _ := f.Get(name, "number"); got != want {
			t.Errorf("number of %v is %s, want %s", name, got, want)
		}
	}
	if got, ok := f.Get(admin, "nothing"); ok {
		t.Errorf("nothing = %q", got)
	}
	if _, ok := f.Get(auth.EntityName{Type: wire.EntityOSD, ID: "0"}, "keyring"); ok {
		t.Error("an osd has the client's keyring")
	}
}

func TestGetTyped(t *testing.T) {
	f, err := cephconf.Parse(strings.NewReader(sample), "x")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := f.GetBool(admin, "cephx_sign_messages", true); b || err != nil {
		t.Errorf("cephx_sign_messages %t, %v", b, err)
	}
	if b, err := f.GetBool(admin, "unknown", true); !b || err != nil {
		t.Errorf("unknown %t, %v", b, err)
	}
	if _, err := f.GetBool(admin, "not_a_bool", true); err == nil {
		t.Error("maybe is a bool")
	}
	if n, err := f.GetInt(admin, "number", 1); n != 14 || err != nil {
		t.Errorf("number %d, %v", n, err)
	}
	if n, err := f.GetInt(admin, "unknown", 1); n != 1 || err != nil {
		t.Errorf("unknown %d, %v", n, err)
	}
	if _, err := f.GetInt(admin, "mon_host", 1); err == nil {
		t.Error("mon_host is a number")
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, cephconf.List("a, b;c,")); diff != "" {
		t.Error(diff)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[global":                "f:1: section without a closing bracket",
		"[global]\na=\\\nb\nxyz": "f:4: neither a section nor an option with a value",
	} {
		if _, err := cephconf.Parse(strings.NewReader(text),
			"f"); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	write := func(path, text string) string {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("HOME", dir)
	t.Setenv("CEPH_CONF", "")
	t.Chdir(t.TempDir())
	host := func(path string) string {
		t.Helper()
		f, err := cephconf.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		value, _ := f.Get(admin, "mon_host")
		return value
	}
	if _, err := os.Stat("/etc/ceph/ceph.conf"); err != nil { // it comes before those below
		if got := host(""); got != "" {
			t.Errorf("without a file: %q", got)
		}
		write(".ceph/ceph.conf", "[global]\nmon_host = home")
		if got := host(""); got != "home" {
			t.Errorf("in the home directory: %q", got)
		}
	}
	t.Setenv("CEPH_CONF", write("env.conf", "[global]\nmon_host = environment"))
	if got := host(""); got != "environment" {
		t.Errorf("by CEPH_CONF: %q", got)
	}
	if got := host(write("arg.conf", "[global]\nmon_host = argument")); got != "argument" {
		t.Errorf("by argument: %q", got)
	}
	if got := host(filepath.Join(dir, "none.conf") + ", " +
		filepath.Join(dir, "arg.conf")); got != "argument" {
		t.Errorf("by a list of which the second is there: %q", got)
	}
	if _, err := cephconf.Find(filepath.Join(dir, "none.conf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(_ *testing.T, text string) {
		if parsed, err := cephconf.Parse(strings.NewReader(text), "fuzz"); err == nil {
			parsed.Get(admin, "admin_socket")
		}
	})
}
