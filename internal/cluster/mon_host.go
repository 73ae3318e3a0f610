package cluster

import (
	"context"
	"net"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// monitorPort is the port of monitors for protocol v1.
const monitorPort = 6789

// ParseMonHost reads a list of monitors as mon_host has it: addresses or names of hosts with or without a port, with or without "v1:", and
// lists of the addresses of one monitor in brackets, between commas, semicolons or spaces. Addresses for protocol v2 are passed over.
func ParseMonHost(ctx context.Context, value string) ([]wire.EntityAddr, error) {
	var all []wire.EntityAddr
	var v2 string
	for _, element := range splitMonHost(value) {
		switch {
		case strings.HasPrefix(element, "v2:"):
			v2 = element
			continue
		case strings.HasPrefix(element, "any:"):
			element = strings.TrimPrefix(element, "any:")
		}
		addrs, err := resolve(ctx, element)
		if err != nil {
			return nil, errors.WithMessagef(err, "mon_host %q", value)
		}
		all = append(all, addrs...)
	}
	if len(all) == 0 && v2 != "" {
		return nil, errors.Errorf("mon_host %q has addresses of protocol v2 only, which is not spoken here; the v1 port of a monitor is %d", value, monitorPort)
	}
	if len(all) == 0 {
		return nil, errors.Errorf("mon_host %q is empty", value)
	}
	return all, nil
}

// splitMonHost returns the elements, without the brackets around lists, which unlike those around an IPv6 address have a prefix inside.
func splitMonHost(value string) []string {
	for _, prefix := range []string{"v1:", "v2:", "any:"} {
		value = strings.ReplaceAll(value, "["+prefix, " "+prefix)
	}
	var elements []string
	for _, element := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(",; \t", c) }) {
		// The bracket that closes a list comes last, that of an address only without a port.
		if strings.HasSuffix(element, "]") && (!strings.Contains(element, "[") || strings.Count(element, "]") == 2) {
			element = strings.TrimSuffix(element, "]")
		}
		elements = append(elements, element)
	}
	return elements
}

func resolve(ctx context.Context, element string) ([]wire.EntityAddr, error) {
	addr, err := wire.ParseEntityAddr(element)
	if err == nil {
		if addr.Port == 0 {
			addr.Port = monitorPort
		}
		return []wire.EntityAddr{addr}, nil
	}
	host, port, found := strings.Cut(strings.TrimPrefix(element, "v1:"), ":")
	if !found {
		port = "0"
	}
	if host == "" || strings.ContainsAny(host, "[]/") {
		return nil, err
	}
	ips, lookupErr := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if lookupErr != nil {
		return nil, errors.WithMessagef(lookupErr, "host %q", host)
	}
	var all []wire.EntityAddr
	for _, ip := range ips {
		text := ip.Unmap().String()
		if !ip.Unmap().Is4() {
			text = "[" + text + "]"
		}
		if addr, err = wire.ParseEntityAddr(text + ":" + port); err != nil {
			return nil, err
		}
		if addr.Port == 0 {
			addr.Port = monitorPort
		}
		all = append(all, addr)
	}
	return all, nil
}
