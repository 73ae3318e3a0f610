package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/monclient/montest"
)

// What was read is shown with its line, for people and for programs; what is secret is not.
func TestConfigCommand(t *testing.T) {
	t.Setenv("CEPH_ARGS", "--debug-ms=5")
	t.Setenv("CEPH_KEYRING", "")
	const key = "AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig=="
	conf := filepath.Join(t.TempDir(), "ceph.conf")
	if err := os.WriteFile(conf, []byte(`[global]
mon_host = v1:10.0.0.1:6789
run dir = /run/$cluster
rgw_crypt_secret = hidden
[client.x]
key = `+key+`
`), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := run(t, "config", "--conf", conf, "--name", "client.x")
	if status != 0 {
		t.Errorf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"name      client.x", "monitors  10.0.0.1:6789",
		"key       from " + conf, "debug_ms = 5 ", "CEPH_ARGS", "run_dir = /run/ceph ",
		conf + ":3 [global]", "key = (not shown) ", conf + ":6 [client.x]"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	asJSON, _, status := run(t, "config", "--conf", conf, "--name", "client.x", "--json")
	var shown shownSettings
	if err := json.Unmarshal([]byte(asJSON), &shown); err != nil || status != 0 ||
		shown.Name != "client.x" || len(shown.Options) != 5 {
		t.Errorf("status %d, %v: %+v", status, err, shown)
	}
	for _, out := range []string{stdout, asJSON} {
		for _, secret := range []string{key, "hidden"} {
			if strings.Contains(out, secret) {
				t.Errorf("%q in\n%s", secret, out)
			}
		}
	}

	// What is missing is an error, and the rest is shown all the same.
	stdout, stderr, status = run(t, "config", "--conf", conf, "--keyring", "/nowhere/keyring")
	if status != 1 || !strings.Contains(stderr, "no keyring found at /nowhere/keyring") ||
		!strings.Contains(stdout, "monitors  10.0.0.1:6789") {
		t.Errorf("status %d: %s\n%s", status, stderr, stdout)
	}
}

func TestWatchCommand(t *testing.T) {
	t.Setenv("CEPH_ARGS", "")
	mons := montest.New(t, montest.Config{})
	conf := filepath.Join(t.TempDir(), "ceph.conf")
	if err := os.WriteFile(conf, []byte("[global]\nauth_client_required = none\nmon_host = v1:"+
		mons.MonMap().Monitors[0].Addrs.Legacy().AddrPort().String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := run(t, "watch", "--conf", conf, "--count", "1")
	if status != 0 || !strings.Contains(stdout, "  monmap 1: mon.a at 127.0.0.1:") {
		t.Errorf("status %d: %s\n%s", status, stderr, stdout)
	}
	stdout, _, status = run(t, "watch", "--conf", conf, "--count", "1", "--json")
	var line struct{ What, Text string }
	if err := json.Unmarshal([]byte(stdout), &line); err != nil || status != 0 ||
		line.What != "monmap" {
		t.Errorf("status %d, %v: %s", status, err, stdout)
	}
	if _, stderr, status = run(t, "watch", "--level", "loud"); status != 1 ||
		!strings.Contains(stderr, `no level "loud" of the log (there are: debug, error, info`) {
		t.Errorf("status %d: %s", status, stderr)
	}
}
