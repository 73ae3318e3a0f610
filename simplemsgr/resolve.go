package simplemsgr

import (
	"context"
	"net"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// ResolveAddrs reads a list of addresses as people write it (see wire.SplitAddrs and
// wire.ParseHostAddr) and asks the resolver for hosts that have names; a name may stand for several
// addresses. Ports that are not given are defaultPort. Addresses of protocol v2 are in the result
// too: see their Type. A name that cannot be resolved fails the others only if nothing else is
// left; a text that is no address always does.
func ResolveAddrs(ctx context.Context, list string, defaultPort uint16) ([]wire.EntityAddr, error) {
	var all []wire.EntityAddr
	var unresolved error
	for _, element := range wire.SplitAddrs(list) {
		host, err := wire.ParseHostAddr(element)
		if err != nil {
			return nil, err
		}
		if !host.HasPort {
			host.Port = defaultPort
		}
		addrs, err := resolve(ctx, host)
		if err != nil {
			unresolved = err
			continue
		}
		all = append(all, addrs...)
	}
	if len(all) > 0 {
		return all, nil
	}
	return nil, unresolved
}

// ResolveAddr is ResolveAddrs for one address, of protocol v1: of several it is the first.
func ResolveAddr(ctx context.Context, text string, defaultPort uint16) (wire.EntityAddr, error) {
	all, err := ResolveAddrs(ctx, text, defaultPort)
	if err != nil {
		return wire.EntityAddr{}, err
	}
	for _, a := range all {
		if a.Type != wire.AddrMsgr2 {
			return a, nil
		}
	}
	if len(all) > 0 {
		return wire.EntityAddr{}, errors.Errorf("simplemsgr: address %q is of protocol v2 alone, "+
			"which is not spoken here; the v1 port of a monitor is 6789", text)
	}
	return wire.EntityAddr{}, errors.Errorf("simplemsgr: no address in %q", text)
}

func resolve(ctx context.Context, host wire.HostAddr) ([]wire.EntityAddr, error) {
	if !host.IsName() {
		one := host.EntityAddr(host.IP)
		if zone := host.IP.Zone(); zone != "" && one.ScopeID == 0 {
			return nil, errors.Errorf("simplemsgr: there is no network interface %q here", zone)
		}
		return []wire.EntityAddr{one}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host.Host)
	if err != nil {
		return nil, errors.Wrapf(err, "simplemsgr: host %q", host.Host)
	}
	all := make([]wire.EntityAddr, len(ips))
	for i, ip := range ips {
		all[i] = host.EntityAddr(ip.Unmap())
	}
	return all, nil
}
