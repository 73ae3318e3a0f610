package wire

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// HostAddr is an address as people write it: its host may be a name.
type HostAddr struct {
	Type AddrType
	// Host is a host name, or the text of an IP address; "" for any, as in ":6800".
	Host string
	// IP is what Host says if it is an IP address, with its zone; the zero Addr if it is a name, or
	// "-".
	IP      netip.Addr
	Port    uint16
	HasPort bool // ":0" is a port too
	Nonce   uint32
	// Typed is set if the text names a type, as in "v1:10.0.0.1:6789".
	Typed bool
}

// addrPrefixes are the types of addresses as their texts begin.
var addrPrefixes = []struct {
	text string
	typ  AddrType
}{{"v1:", AddrLegacy}, {"v2:", AddrMsgr2}, {"any:", AddrAny}, {"cidr:", AddrCIDR}}

// ParseHostAddr reads an address as people write it, which is the one form for all that this module
// reads:
//
//	[v1:|v2:|any:|cidr:]HOST[:PORT][/[NONCE]]
//
// HOST is a name, an IPv4 address, an IPv6 address with brackets or, where no port follows,
// without, or nothing for all addresses of this machine ("0.0.0.0"); "-" is the blank address. An
// IPv6 address may have a zone: "[fe80::1%lo]:6789". A nonce has 32 bits; without one it is 0.
// Names are not resolved.
func ParseHostAddr(s string) (HostAddr, error) {
	bad := func(what string) (HostAddr, error) {
		return HostAddr{}, errors.Errorf("wire: address %q: %s (want a form such as "+
			"10.1.2.3:6789/0, host:6789 or v1:[::1]:6789/0)", s, what)
	}
	a := HostAddr{Type: AddrLegacy}
	rest := s
	for _, prefix := range addrPrefixes {
		if after, found := strings.CutPrefix(rest, prefix.text); found {
			a.Type, a.Typed, rest = prefix.typ, true, after
			break
		}
	}
	rest, nonce, _ := strings.Cut(rest, "/")
	if nonce != "" {
		n, err := strconv.ParseUint(nonce, 10, 32)
		if err != nil {
			return bad("the nonce is not a number of 32 bits")
		}
		a.Nonce = uint32(n)
	}
	host, port, hasPort := rest, "", false
	switch {
	case strings.HasPrefix(rest, "["):
		var closed bool
		if host, port, closed = strings.Cut(rest[1:], "]"); !closed {
			return bad("no closing bracket")
		}
		if port, hasPort = strings.CutPrefix(port, ":"); !hasPort && port != "" {
			return bad("something other than a port after the bracket")
		}
		if !strings.Contains(host, ":") {
			return bad("brackets around something other than an IPv6 address")
		}
	case strings.Count(rest, ":") == 1:
		host, port, hasPort = strings.Cut(rest, ":")
	}
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return bad("the port is not a number of 16 bits")
		}
		a.Port, a.HasPort = uint16(n), true
	}
	a.Host = host
	if host == "" && !hasPort {
		return bad("no host")
	}
	if host == "" || host == "-" {
		return a, nil
	}
	var err error
	if a.IP, err = netip.ParseAddr(host); err != nil && !isHostName(host) {
		return bad("neither an IP address nor the name of a host")
	}
	return a, nil
}

// isHostName reports whether s may be the name of a host: letters, digits, dashes and underscores
// between dots, and not digits alone, which would be a broken IPv4 address.
func isHostName(s string) bool {
	letters := false
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' {
			return false
		}
		for _, c := range label {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
				letters = true
			case c >= '0' && c <= '9', c == '-':
			default:
				return false
			}
		}
	}
	return letters && len(s) <= 254
}

// IsName reports whether the host is a name, which is to be resolved.
func (a HostAddr) IsName() bool { return a.Host != "" && a.Host != "-" && !a.IP.IsValid() }

// EntityAddr returns the address, with ip in place of a name. Without a host it is that of all
// addresses of this machine.
func (a HostAddr) EntityAddr(ip netip.Addr) EntityAddr {
	e := EntityAddr{Type: a.Type, Nonce: a.Nonce, Port: a.Port}
	switch {
	case a.Host == "-":
		if e.Type == AddrLegacy {
			e.Type = AddrNone
		}
		return e
	case a.Host == "":
		ip = netip.IPv4Unspecified()
	case a.IP.IsValid():
		ip = a.IP
	}
	e.setIP(ip)
	return e
}

// setIP takes an IP address, and its zone as the number that stands on the wire.
func (a *EntityAddr) setIP(ip netip.Addr) {
	a.IP, a.ScopeID = ip.WithZone(""), scopeID(ip.Zone())
}

// scopeID returns the number of a zone: that of a network interface of this machine, or the number
// that it is; 0 if it is neither.
func scopeID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}

// SplitAddrs splits a list of addresses, between commas, semicolons and blanks, such as mon_host
// has and "ceph mon dump" prints. The addresses of one daemon may stand in brackets:
// "[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0],v1:10.0.0.2:6789".
func SplitAddrs(s string) []string {
	for _, prefix := range addrPrefixes {
		s = strings.ReplaceAll(s, "["+prefix.text, " "+prefix.text)
	}
	var all []string
	for _, element := range strings.FieldsFunc(s,
		func(c rune) bool { return strings.ContainsRune(",; \t\r\n", c) }) {
		// The bracket that closes a list comes last, that of an address only without a port.
		if strings.HasSuffix(element, "]") && (!strings.Contains(element, "[") ||
			strings.Count(element, "]") == 2) {
			element = strings.TrimSuffix(element, "]")
		}
		all = append(all, element)
	}
	return all
}
