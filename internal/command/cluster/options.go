package cluster

import (
	"context"
	"time"

	"simplemessenger/auth"
	"simplemessenger/auth/cephx"
	"simplemessenger/internal/command/engine"
	"simplemessenger/monclient"
	"simplemessenger/monclient/cephconf"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Options say which cluster, and as whom. What is empty comes from ceph.conf.
type Options struct {
	Conf    string // ceph.conf; empty for the one that cephconf.Find finds
	MonHost string
	Keyring string
	Name    string // empty for client.admin
	Timeout time.Duration
	Tracer  trace.Tracer // sees the conversation with the monitors; nil for none
	Engine  engine.Engine
}

// Settings are Options with everything filled in.
type Settings struct {
	Options
	Name         auth.EntityName
	Monitors     []wire.EntityAddr
	Methods      []uint32 // to offer to the monitors
	Key          cephx.CryptoKey
	KeyFrom      string   // the file with the key; empty without
	Searched     []string // where a keyring would have been
	Requirements cephx.Requirements
	File         *cephconf.File // what was read; nil if it could not be
}

// Resolve fills in what the options leave to ceph.conf, and finds the key. The errors are for
// people.
func (o Options) Resolve(ctx context.Context) (Settings, error) {
	login, err := cephconf.Sources{Conf: o.Conf, MonHost: o.MonHost, Keyring: o.Keyring,
		Name: o.Name}.Resolve(ctx)
	return Settings{Options: o, Name: login.Name, Monitors: login.Monitors,
		Methods: login.Methods, Key: login.Key, KeyFrom: login.KeyFrom, Searched: login.Searched,
		Requirements: login.Requirements, File: login.File}, err
}

// Config returns the configuration of a client that wants tickets for these services.
func (s Settings) Config(services wire.EntityType) monclient.Config {
	c := monclient.Config{Monitors: s.Monitors, Name: s.Name, Key: s.Key, Methods: s.Methods,
		Services: services, Requirements: s.Requirements}
	c.Messenger.Pipe.Tracer, c.Messenger.Engine = s.Tracer, s.Engine.New
	return c
}
