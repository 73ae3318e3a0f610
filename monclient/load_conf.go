package monclient

import (
	"context"

	"simplemessenger/monclient/cephconf"
	"simplemessenger/wire"
)

// LoadConf returns the configuration with which name, such as "client.admin", logs in to the
// cluster of a ceph.conf: the monitors, the key from its keyring, and what is required of peers, as
// Ceph's commands find them. It asks for tickets for osds and managers.
//
// Without a path it reads the file that those commands would read (see cephconf.Find), without a
// name it is client.admin; CEPH_ARGS counts for what is left open. Names of hosts are resolved
// within ctx. The errors say which file and line, or where was looked.
func LoadConf(ctx context.Context, path, name string) (Config, error) {
	login, err := cephconf.Sources{Conf: path, Name: name}.Resolve(ctx)
	if err != nil {
		return Config{}, err
	}
	return Config{Name: login.Name, Monitors: login.Monitors, Methods: login.Methods,
		Key: login.Key, Requirements: login.Requirements,
		Services: wire.EntityOSD | wire.EntityMgr}, nil
}
