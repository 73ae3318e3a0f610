package conform

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplemessenger/internal/command/cluster"
	"simplemessenger/wire"
)

func TestCredentialNames(t *testing.T) {
	for _, tc := range []struct {
		name, service string
		want          wire.EntityType
		daemon, err   string
	}{
		{"", "", wire.EntityOSD, "", ""},
		{"client.x", "mds", wire.EntityMDS, "", ""},
		{"client.x", "osd.3", wire.EntityOSD, "osd.3", ""},
		{"osd.1", "", wire.EntityOSD, "osd.1", ""},
		{"osd.1", "osd.0", wire.EntityOSD, "osd.0", ""},
		{"mon.", "", wire.EntityMon, "mon.", ""},
		{"admin", "", 0, "", "--name"},
		{"client.x", "disk", 0, "", "--service"},
	} {
		_, service, daemon, err := CredentialOptions{Cluster: cluster.Options{Name: tc.name},
			Service: tc.service}.names()
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%+v: %v", tc, err)
			}
			continue
		}
		if err != nil || service != tc.want || daemon != tc.daemon {
			t.Errorf("%+v: %v, %q, %v", tc, service, daemon, err)
		}
	}
}

// Who shares a key needs no monitors.
func TestCredentialsOfSharedKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	text := "[osd.]\nkey = AQAKSAJriaUBARAAoxk6eJBrmVZJrxT/kxBaig==\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := CredentialOptions{Cluster: cluster.Options{Name: "osd.", Keyring: path}}
	c, end, err := o.Login(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	end()
	a, err := c.Client.Authorizer(wire.EntityOSD, false)
	if err != nil || a == nil || c.Service != wire.EntityOSD || c.Secrets == nil {
		t.Errorf("%+v: %v, %v", c, a, err)
	}
	o.Cluster.Name = "mon."
	if _, _, err := o.Login(context.Background()); err == nil {
		t.Error("a key that is not in the keyring is no error")
	}
}
