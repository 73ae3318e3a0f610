package monclient_test

import (
	"context"
	"fmt"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/auth/none"
	"simplemessenger/internal/command/monitor"
	"simplemessenger/messages"
	"simplemessenger/monclient"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Log in, ask the monitors something, and make the messenger that talks to osds with the tickets.
func Example() {
	keyring, stop := startMonitor("127.0.0.1:0")
	defer stop()

	name, _ := auth.ParseEntityName("client.admin")
	entry, _ := keyring.Lookup(name) // cephx.LoadKeyring("/etc/ceph/ceph.client.admin.keyring") in real life
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := monclient.Dial(ctx, monclient.Config{
		Monitors: []wire.EntityAddr{monitorAddr},
		Name:     name,
		Key:      entry.Key,
		Services: wire.EntityOSD,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)

	output, _, err := c.Command(ctx, []byte(`{"prefix": "status", "format": "json"}`), nil)
	fmt.Printf("%s %v\n", output, err)

	m := simplemsgr.New(wire.Client(int64(c.GlobalID())), simplemsgr.Config{AuthClient: c})
	m.SetDefaultPolicy(simplemsgr.LossyClient())
	fmt.Println(m.Name())
	// Output:
	// {"health":"fine"} <nil>
	// client.4097
}

var monitorAddr wire.EntityAddr

// startMonitor stands for a cluster.
func startMonitor(bind string) (*cephx.Keyring, func()) {
	keyring := new(cephx.Keyring)
	key, _ := cephx.GenerateKey(nil, time.Now())
	keyring.Set(auth.EntityName{Type: wire.EntityClient, ID: "admin"}, cephx.KeyringEntry{Key: key, Caps: map[string]string{"mon": "allow *"}})
	authority, _ := cephx.NewAuthority(cephx.AuthorityConfig{Keyring: keyring})
	m := simplemsgr.New(wire.Mon(0), simplemsgr.Config{ZeroNonce: true, AuthServer: none.Server{AcceptUnknown: none.ExceptMonitors}})
	m.SetDefaultPolicy(simplemsgr.StatelessServer())
	m.AddDispatcher(monitor.New(monitor.Config{
		Name: "a", Authority: authority, MonMap: monitor.Alone("a", m.Addr),
		Command: func(_, _ []byte) ([]byte, string, messages.Errno) { return []byte(`{"health":"fine"}`), "", 0 },
	}))
	ctx := context.Background()
	if err := m.Bind(ctx, bind); err != nil {
		panic(err)
	}
	if err := m.Start(); err != nil {
		panic(err)
	}
	monitorAddr = m.Addr()
	return keyring, func() { _ = m.Shutdown(ctx) }
}
