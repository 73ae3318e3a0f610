package conformtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/conformance"
	"simplemessenger/internal/command/cluster"
	"simplemessenger/internal/command/conform"
)

// TestOursWithCephx: both engines keep the rules of credentials too, in a world of a monitor of
// ours, whose osd.0 is under test, or calls the kit.
func TestOursWithCephx(t *testing.T) {
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	keyring := writeKeyring(t, "client.admin", "client.x", "osd.0", "osd.1")
	mon := serve(t, path, "--name", "mon.0", "--auth", "cephx", "--keyring", keyring)
	engines := []string{"simple", "async"}
	if !*whole {
		engines = engines[:1]
	}
	for _, engine := range engines {
		osd := func(args ...string) []string {
			return append([]string{path, "serve", "--engine", engine, "--name", "osd.0", "--auth",
				"cephx", "--keyring", keyring, "--mon-host", mon}, args...)
		}
		call := func(policy string) []string {
			return osd("--bind", "nowhere", "--policy", policy, "--call", "{kit}", "--call-peer",
				"osd.1", "--call-interval", "50ms")
		}
		for _, o := range []struct {
			our
			kit, service, other string
		}{
			{our{"stateless-server", conformance.RoleServer, osd("--bind", "{listen}")},
				"client.admin", "osd.0", ""},
			{our{"stateful-server", conformance.RoleServer, osd("--bind", "{listen}", "--policy",
				"stateful-server")}, "client.admin", "osd", "client.x"},
			{our{"lossless-peer", conformance.RoleServer, osd("--bind", "{listen}", "--policy",
				"lossless-peer")}, "osd.1", "", ""},
			{our{"lossy-client", conformance.RoleClient, call("lossy-client")}, "osd.1", "", ""},
			{our{"lossless-client", conformance.RoleClient, call("lossless-client")}, "osd.1", "",
				""},
			{our{"lossless-peer", conformance.RolePeer, osd("--bind", "{listen}", "--policy",
				"lossless-peer", "--call", "{kit}", "--call-peer", "osd.1", "--call-interval",
				"50ms")}, "osd.1", "", ""},
		} {
			name := fmt.Sprintf("cephx/%s/%s/%s", engine, o.role, o.name)
			t.Run(name, func(t *testing.T) {
				target := conformance.Program(o.role, o.args...)
				defer target.Close()
				target.Credentials = login(t, conform.CredentialOptions{
					Cluster: cluster.Options{Name: o.kit, Keyring: keyring, MonHost: mon,
						Timeout: time.Minute},
					Service: o.service, Other: o.other})
				check(t, name, &target.Target, o.role)
			})
		}
	}
}

// login returns the kit's credentials, until the end of the test.
func login(t *testing.T, o conform.CredentialOptions) *conformance.Credentials {
	t.Helper()
	credentials, end, err := o.Login(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return credentials
}

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
	var text strings.Builder
	if _, err := keyring.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keyring")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serve runs our server until the end of the test, and returns where it listens.
func serve(t *testing.T, path string, args ...string) string {
	t.Helper()
	cmd := exec.Command(path, append([]string{"serve"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		for lines.Scan() {
		}
		_ = cmd.Wait()
	})
	addr, found := strings.CutPrefix(lines.Text(), "listening on ")
	if !found {
		t.Fatalf("serve %v says %q", args, lines.Text())
	}
	addr, _, _ = strings.Cut(addr, "/")
	return addr
}
