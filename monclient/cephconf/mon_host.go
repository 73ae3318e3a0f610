package cephconf

import (
	"context"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// The ports of monitors.
const (
	monitorPort   = 6789 // protocol v1
	monitorPortV2 = 3300
)

// ParseMonHost reads a list of monitors as mon_host has it: addresses or names of hosts with or
// without a port, with or without "v1:", and lists of the addresses of one monitor in brackets,
// between commas, semicolons or blanks. Addresses for protocol v2 are passed over, and so is, as in
// Ceph, port 3300 without a word about the protocol. A name that is not known fails nothing as long
// as others are.
func ParseMonHost(ctx context.Context, value string) ([]wire.EntityAddr, error) {
	var v1 []string
	v2 := false
	for _, element := range wire.SplitAddrs(value) {
		a, err := wire.ParseHostAddr(element)
		switch {
		case err != nil:
			return nil, errors.WithMessagef(err, "mon_host %q", value)
		case a.Host == "" || a.Host == "-":
			return nil, errors.Errorf("mon_host %q: %q names no host", value, element)
		case a.Type == wire.AddrMsgr2, !a.Typed && a.Port == monitorPortV2:
			v2 = true
		default:
			v1 = append(v1, element)
		}
	}
	switch {
	case len(v1) == 0 && v2:
		return nil, errors.Errorf("mon_host %q has addresses of protocol v2 only (port %d is "+
			"v2's), which is not spoken here; the v1 port of a monitor is %d",
			value, monitorPortV2, monitorPort)
	case len(v1) == 0:
		return nil, errors.Errorf("mon_host %q is empty", value)
	}
	addrs, err := simplemsgr.ResolveAddrs(ctx, strings.Join(v1, ","), monitorPort)
	if err != nil {
		return nil, errors.WithMessagef(err, "mon_host %q", value)
	}
	for i := range addrs {
		addrs[i].Type = wire.AddrLegacy
		if addrs[i].Port == 0 {
			addrs[i].Port = monitorPort
		}
	}
	return addrs, nil
}

// monitorSections reads where the monitors are from sections such as [mon.a] with "mon addr", as
// configurations of old have them.
func monitorSections(ctx context.Context, conf *File) ([]wire.EntityAddr, error) {
	var values []string
	for _, section := range conf.Sections() {
		name, err := auth.ParseEntityName(section)
		if err != nil || name.Type != wire.EntityMon || name.ID == "" {
			continue
		}
		if value, ok := conf.Get(name, "mon_addr"); ok {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	return ParseMonHost(ctx, strings.Join(values, ","))
}
