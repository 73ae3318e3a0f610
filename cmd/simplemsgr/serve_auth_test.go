package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
)

// writeKeyring makes a keyring with a new key for each name.
func writeKeyring(t *testing.T, names ...string) string {
	t.Helper()
	keyring := new(cephx.Keyring)
	for _, s := range names {
		name, err := auth.ParseEntityName(s)
		if err != nil {
			t.Fatal(err)
		}
		key, err := cephx.GenerateKey(nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		keyring.Set(name, cephx.KeyringEntry{Key: key, Caps: map[string]string{"mon": "allow *",
			"osd": "allow *"}})
	}
	path := filepath.Join(t.TempDir(), "keyring")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := keyring.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return path
}

// noKeyring makes a ceph.conf without monitors and with a keyring that is not there, so that what
// this machine has does not count.
func noKeyring(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ceph.conf")
	if err := os.WriteFile(path, []byte("[global]\nkeyring = /nowhere/keyring\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startServe runs serve until the end of the test and returns where it listens, without the nonce.
func startServe(t *testing.T, args ...string) string {
	t.Helper()
	serve := exec.Command(binary, append([]string{"serve"}, args...)...)
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	serve.Stderr = &stderr
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	addr, ok := strings.CutPrefix(lines.Text(), "listening on ")
	t.Cleanup(func() {
		_ = serve.Process.Signal(syscall.SIGTERM)
		for lines.Scan() {
		}
		if err := serve.Wait(); err != nil && ok {
			t.Errorf("serve %v: %v\n%s", args, err, &stderr)
		}
	})
	if !ok {
		t.Fatalf("serve %v says %q", args, lines.Text())
	}
	addr, _, _ = strings.Cut(addr, "/")
	return addr
}

// Three programs of ours and nothing of Ceph's: a monitor, a daemon, a client.
func TestClosedWorld(t *testing.T) {
	keyring := writeKeyring(t, "client.admin", "osd.0")
	others := writeKeyring(t, "client.admin", "client.x", "osd.0")
	mon := startServe(t, "--name", "mon.0", "--auth", "cephx", "--keyring", keyring)
	osd := startServe(t, "--name", "osd.0", "--auth", "cephx", "--keyring", keyring, "--mon-host",
		mon)
	for _, tc := range []struct {
		args   string
		status int
		want   string
	}{
		{"ping " + osd + " --peer osd.0 --keyring " + keyring + " --mon-host " + mon, 0,
			"authenticated by cephx"},
		{"ping " + osd + " --peer osd.0 --keyring " + keyring + " --mon-host " + mon, 0,
			"KEEPALIVE2 1 answered by osd.0"},
		{"ping mon --keyring " + keyring + " --mon-host " + mon, 0, "mon.a is leader"},
		{"ping mon.a --json --keyring " + keyring + " --mon-host " + mon, 0, `"event":"login"`},
		{"ping " + mon, 0, "mon.a is leader"},
		{"ping " + osd + " --peer osd.0", 1, "BADAUTHORIZER"},
		{"conform server " + osd + " --keyring " + keyring + " --mon-host " + mon +
			" --service osd.0 --run auth/expired --run sign/wrong", 0, "2 passed, 0 failed"},
		{"conform server " + osd + " --keyring " + others + " --mon-host " + mon, 1,
			"the key in " + others + " is wrong"},
		{"ping mon --keyring " + others + " --mon-host " + mon, 1,
			"do not know that name, or the key in " + others + " is wrong"},
		{"ping mon --name client.x --keyring " + others + " --mon-host " + mon, 1,
			"do not know that name"},
		{"ping mon --conf " + noKeyring(t) + " --mon-host " + mon, 1,
			"no keyring was found at /nowhere/keyring"},
		{"status --keyring " + keyring + " --mon-host " + mon, 1,
			"Error EINVAL: command not known"},
		{"serve --name osd.0 --auth cephx --keyring " + others + " --mon-host " + mon, 1,
			"the key in " + others + " is wrong"},
	} {
		stdout, stderr, status := run(t, strings.Fields(tc.args)...)
		if status != tc.status || !strings.Contains(stdout+stderr, tc.want) {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", tc.args, status, tc.status, tc.want,
				stdout, stderr)
		}
	}
}

func TestWorldWithoutCredentials(t *testing.T) {
	mon := startServe(t, "--name", "mon.0", "--auth", "none")
	osd := startServe(t, "--name", "osd.0", "--auth", "none")
	for args, want := range map[string]string{
		"ping mon --mon-host " + mon:                            "logged in to mon.0",
		"ping " + osd + " --peer osd.0 --mon-host " + mon:       "KEEPALIVE2 1 answered by osd.0",
		"ping " + mon + " --json":                               `"state":"leader"`,
		"ping mon --mon-host " + mon + " --name client.anybody": "as client.anybody",
	} {
		stdout, stderr, status := run(t, strings.Fields(args)...)
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: status %d, want %q\n%s%s", args, status, want, stdout, stderr)
		}
	}
	if stdout, _, status := run(t, "ping", osd, "--peer", "osd.0"); status != 1 {
		t.Errorf("ping without a name: status %d\n%s", status, stdout)
	}
}

func TestServeAuthWrongUse(t *testing.T) {
	keyring := writeKeyring(t, "osd.0")
	for args, want := range map[string]string{
		"serve --auth gss":                                   "there are: none, cephx",
		"serve --auth cephx --name mon.0":                    "everybody's key",
		"serve --auth cephx --name mon.0 --keyring /nowhere": "no such file",
		"serve --auth cephx --name osd.0 --conf " + noKeyring(t) + " --keyring " +
			keyring: "has no mon_host",
		"serve --auth cephx --name osd.1 -m 127.0.0.1:1 --keyring " +
			keyring: "no key for osd.1",
		"serve --auth cephx --name osd.0 -m 127.0.0.1:1 -W 200ms --keyring " +
			keyring: "connection refused",
	} {
		_, stderr, status := run(t, strings.Fields(args)...)
		if status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, want 1 and %q\n%s", args, status, want, stderr)
		}
	}
}
