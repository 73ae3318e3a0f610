package cephx_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/wire"
)

func (w *world) monitor(change ...func(*cephx.SharedKeyConfig)) *cephx.SharedKeyClient {
	w.t.Helper()
	config := cephx.SharedKeyConfig{Service: wire.EntityMon, Key: w.key("mon."), Now: w.clock,
		Random: w.random}
	for _, f := range change {
		f(&config)
	}
	c, err := cephx.NewSharedKeyClient(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// TestMonitors brings two monitors together that have nothing but the key of "mon.".
func TestMonitors(t *testing.T) {
	w := newWorld(t)
	strict := cephx.Requirements{RequireSignatures: true, RequireVersion: 2}
	client := w.monitor(func(c *cephx.SharedKeyConfig) { c.Requirements = strict })
	server := w.server(func(c *cephx.ServerConfig) {
		c.Service, c.Secrets = wire.EntityMon, w.keyring
	})
	a, err := client.Authorizer(wire.EntityMon, false)
	if err != nil {
		t.Fatal(err)
	}
	result := handshake(t, a, server.NewExchange(wire.EntityAddr{}), offered)
	if result.Outcome != auth.Accepted || result.Security == nil {
		t.Fatalf("%+v", result)
	}
	if diff := cmp.Diff(auth.Identity{Name: "mon.", Proven: true}, result.Identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if security, err := a.VerifyReply(result.Reply, offered); security == nil || err != nil {
		t.Errorf("%v, %v", security, err)
	}
	if a, err := client.Authorizer(wire.EntityOSD, false); a != nil || err != nil {
		t.Errorf("authorizer for osd: %v, %v", a, err)
	}
	if got := client.RequiredFeatures(wire.EntityOSD); got != 0 {
		t.Errorf("requires %v of osds", got)
	}
	if got, want := client.RequiredFeatures(wire.EntityMon),
		strict.RequiredFeatures(wire.EntityMon); got != want {
		t.Errorf("requires %v of monitors, want %v", got, want)
	}
}

func TestMonitorWithAnotherKey(t *testing.T) {
	w := newWorld(t)
	client := w.monitor(func(c *cephx.SharedKeyConfig) { c.Key = testKey(t, 1) })
	server := w.server(func(c *cephx.ServerConfig) {
		c.Service, c.Secrets = wire.EntityMon, cephx.NewRotatingKeyring(wire.EntityMon, w.keyring)
	})
	a, err := client.Authorizer(wire.EntityMon, false)
	if err != nil {
		t.Fatal(err)
	}
	if result := handshake(t, a, server.NewExchange(wire.EntityAddr{}),
		offered); !errors.Is(result.Err, cephx.ErrWrongKey) {
		t.Errorf("%+v", result)
	}
	if _, err := cephx.NewSharedKeyClient(cephx.SharedKeyConfig{
		Service: wire.EntityMon}); !errors.Is(err, cephx.ErrNoSuchEntity) {
		t.Error(err)
	}
	short := w.monitor(func(c *cephx.SharedKeyConfig) { c.Random = &script{1, 2} })
	if _, err := short.Authorizer(wire.EntityMon, false); err == nil {
		t.Error("session key of a short random source")
	}
}

func TestRotatingKeyring(t *testing.T) {
	w := newWorld(t)
	k := cephx.NewRotatingKeyring(wire.EntityOSD, nil)
	for _, c := range []struct {
		service wire.EntityType
		id      uint64
		want    string
	}{
		{wire.EntityOSD, 1, "cephx: secret 1 of osd: have none yet: unknown secret"},
		{wire.EntityMDS, 1, "cephx: secret 1 of mds: have those of osd only: unknown secret"},
	} {
		if _, err := k.ServiceSecret(c.service,
			c.id); !errors.Is(err, cephx.ErrUnknownSecret) || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if err := k.Set(cephx.RotatingSecrets{}, epoch); !errors.Is(err, cephx.ErrUnknownSecret) {
		t.Errorf("no secrets: %v", err)
	}
	secrets, err := w.authority.Rotating(wire.EntityOSD)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Set(secrets, epoch); err != nil {
		t.Error(err)
	}
	late := epoch.Add(4 * 3600e9)
	err = k.Set(secrets, late)
	if want := "cephx: newest secret of osd expired at 2026-11-22 06:00:00 +0000 UTC, 1h0m0s ago: " +
		"" +
		"" +
		"clock skew"; !errors.Is(err, cephx.ErrClockSkew) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := k.ServiceSecret(wire.EntityOSD, 2); err != nil {
		t.Errorf("secrets were not taken: %v", err)
	}
}
