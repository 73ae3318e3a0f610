package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/monclient/cephconf"
)

// Where the monitors are, in the forms that Ceph 16.2 takes; "monmaptool --create --generate -c
// FILE" prints the same.
func TestWhereTheMonitorsAre(t *testing.T) {
	t.Setenv("CEPH_ARGS", "")
	const none = "[global]\nauth_client_required = none\n"
	for _, c := range []struct{ name, text, want string }{
		{"mon addr", none + "[mon.a]\nhost = x\nmon addr = 1.2.3.4:6789\n", "[1.2.3.4:6789/0]"},
		{"mon addr without a port", none + "[mon.a]\nmon_addr = 1.2.3.4\n", "[1.2.3.4:6789/0]"},
		{"two mon addr", none + "[mon.a]\nmon_addr = 1.2.3.4:6789\n[mon.b]\nmon_addr = " +
			"v1:1.2.3.5:6790\n", "[1.2.3.4:6789/0 1.2.3.5:6790/0]"},
		{"mon_host before mon addr", none + "mon_host = 9.9.9.9\n[mon.a]\nmon_addr = 1.2.3.4\n",
			"[9.9.9.9:6789/0]"},
		{"slash at the end", none + "mon_host = 1.2.3.4:6789/\n", "[1.2.3.4:6789/0]"},
		{"slash without a port", none + "mon_host = 1.2.3.4/\n", "[1.2.3.4:6789/0]"},
		{"slash, v1:", none + "mon_host = v1:1.2.3.4:6789/,v1:1.2.3.5/\n",
			"[1.2.3.4:6789/0 1.2.3.5:6789/0]"},
		{"no section", "mon_host = 1.2.3.4\nauth_client_required = none\n", "[1.2.3.4:6789/0]"},
		{"one of two for v2", none + "mon_host = 1.2.3.4:3300,1.2.3.4:6789\n", "[1.2.3.4:6789/0]"},
		{"v1 on the port of v2", none + "mon_host = v1:1.2.3.4:3300\n", "[1.2.3.4:3300/0]"},
	} {
		s, err := cluster.Options{Conf: write(t, "ceph.conf", c.text)}.Resolve(t.Context())
		if err != nil || fmt.Sprint(s.Monitors) != c.want {
			t.Errorf("%s: %v, %v, want %s", c.name, s.Monitors, err, c.want)
		}
	}
	for value, want := range map[string]string{
		"-": "names no host", ":6789": "names no host", "1.2.3.4:3300": "protocol v2 only",
		"nothing.invalid": `host "nothing.invalid"`,
	} {
		if got, err := cephconf.ParseMonHost(t.Context(),
			value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %s", value, got, err, want)
		}
	}
	// One name that is not known does not fail those that are.
	for _, value := range []string{"127.0.0.1:6789,nothing.invalid",
		"nothing.invalid:6789 127.0.0.1"} {
		if got, err := cephconf.ParseMonHost(t.Context(),
			value); err != nil || fmt.Sprint(got) != "[127.0.0.1:6789/0]" {
			t.Errorf("%s: %v, %v", value, got, err)
		}
	}
}

func TestWhereTheKeyIs(t *testing.T) {
	t.Setenv("CEPH_ARGS", "")
	t.Setenv("CEPH_KEYRING", "")
	const head = "[global]\nmon_host = 1.2.3.4\nauth_client_required = cephx\n"
	key := write(t, "secret", keyText+"\n")
	for name, line := range map[string]string{"keyfile": "keyfile = " + key,
		"a keyring that is a key alone": "keyring = " + key, "key": "key = " + keyText} {
		s, err := cluster.Options{Conf: write(t, "ceph.conf", head+line+"\n")}.Resolve(t.Context())
		if err != nil || s.Key.IsZero() {
			t.Errorf("%s: %v", name, err)
		}
	}
	// type 2, 32 bytes
	const aes256 = "AgAAAAAAAAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
	for line, want := range map[string]string{
		"keyring = " + write(t, "empty",
			""): "is empty: put the key of client.admin there",
		"keyring = " + write(t, "aes256",
			"[client.admin]\nkey = "+aes256+"\n"): "the only type known here",
		"keyring = " + write(t, "other",
			"[client.x]\nkey = "+keyText+"\n"): "only for [client.x]: log in as one of those " +
			"with --name",
		"keyfile = /nowhere":                       "keyfile",
		"keyfile = " + write(t, "bad", "nonsense"): "keyfile",
	} {
		_, err := cluster.Options{Conf: write(t, "ceph.conf", head+line+"\n")}.Resolve(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "AAAA") || strings.Contains(err.Error(), "nonsense") {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// CEPH_ARGS stands before the command's own arguments, and before ceph.conf.
func TestCephArgs(t *testing.T) {
	t.Setenv("CEPH_CONF", "")
	t.Setenv("CEPH_KEYRING", "")
	keyring := write(t, "keyring",
		"[client.x]\nkey = "+keyText+"\n[client.admin]\nkey = "+keyText+"\n")
	conf := write(t, "ceph.conf", "[global]\nmon_host = 1.2.3.4\nauth_client_required = none\n")
	t.Setenv("CEPH_ARGS", "--conf "+conf+" --id x --auth-client-required=cephx "+
		"--keyring="+keyring+" --mon_host 1.2.3.5")
	s, err := cluster.Options{}.Resolve(t.Context())
	if err != nil || s.Name.String() != "client.x" || s.Key.IsZero() || s.KeyFrom != keyring ||
		fmt.Sprint(s.Monitors) != "[1.2.3.5:6789/0]" {
		t.Errorf("%v, monitors %v, key from %s: %v", s.Name, s.Monitors, s.KeyFrom, err)
	}
	s, err = cluster.Options{Name: "client.admin", MonHost: "1.2.3.6"}.Resolve(t.Context())
	if err != nil || s.Name.String() != "client.admin" ||
		fmt.Sprint(s.Monitors) != "[1.2.3.6:6789/0]" {
		t.Errorf("%v, monitors %v: %v", s.Name, s.Monitors, err)
	}
	t.Setenv("CEPH_ARGS", "mon_host 1.2.3.5")
	if _, err := (cluster.Options{}).Resolve(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "CEPH_ARGS") {
		t.Errorf("no option: %v", err)
	}
}
