package wire

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// String returns Ceph's text form: "10.1.2.3:6789/1234" for a v1 address, with the prefix "v2:", "any:" or "cidr:" for
// the other types, IPv6 in brackets, and "-" for a blank address.
func (a EntityAddr) String() string {
	var prefix string
	switch a.Type {
	case AddrMsgr2:
		prefix = "v2:"
	case AddrAny:
		prefix = "any:"
	case AddrCIDR:
		prefix = "cidr:"
	}
	if a.IsBlank() {
		if a.Nonce == 0 && prefix == "" {
			return "-"
		}
		return prefix + "-/" + strconv.FormatUint(uint64(a.Nonce), 10)
	}
	host := a.IP.String()
	if !a.IP.Is4() {
		if a.ScopeID != 0 {
			host += "%" + strconv.FormatUint(uint64(a.ScopeID), 10)
		}
		host = "[" + host + "]"
	}
	return prefix + host + ":" + strconv.Itoa(int(a.Port)) + "/" + strconv.FormatUint(uint64(a.Nonce), 10)
}

// ParseEntityAddr reads the text form of an address: an optional "v1:", "v2:", "any:" or "cidr:", an IP address (IPv6 in
// brackets if a port follows), an optional ":port" and an optional "/nonce". Host names are not resolved.
func ParseEntityAddr(s string) (EntityAddr, error) {
	bad := func(what string) (EntityAddr, error) {
		return EntityAddr{}, errors.Errorf("wire: address %q: %s (want a form such as 10.1.2.3:6789/0 or v1:[::1]:6789/0)", s, what)
	}
	a := EntityAddr{Type: AddrLegacy}
	rest := s
	for prefix, typ := range map[string]AddrType{"v1:": AddrLegacy, "v2:": AddrMsgr2, "any:": AddrAny, "cidr:": AddrCIDR} {
		if after, found := strings.CutPrefix(rest, prefix); found {
			a.Type, rest = typ, after
			break
		}
	}
	rest, nonce, found := strings.Cut(rest, "/")
	if found {
		n, err := strconv.ParseUint(nonce, 10, 32)
		if err != nil {
			return bad("the nonce is not a number of 32 bits")
		}
		a.Nonce = uint32(n)
	}
	if rest == "-" {
		if a.Type == AddrLegacy {
			a.Type = AddrNone
		}
		return a, nil
	}
	host, port, hasPort := rest, "", false
	if strings.HasPrefix(rest, "[") {
		var closed bool
		if host, port, closed = strings.Cut(rest[1:], "]"); !closed {
			return bad("no closing bracket")
		}
		if port, hasPort = strings.CutPrefix(port, ":"); !hasPort && port != "" {
			return bad("something other than a port after the bracket")
		}
	} else if strings.Count(rest, ":") == 1 {
		host, port, hasPort = strings.Cut(rest, ":")
	}
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return bad("the port is not a number of 16 bits")
		}
		a.Port = uint16(n)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return bad("no IP address")
	}
	if zone := ip.Zone(); zone != "" {
		scope, err := strconv.ParseUint(zone, 10, 32)
		if err != nil {
			return bad("the zone is not a number")
		}
		a.ScopeID = uint32(scope)
	}
	a.IP = ip.WithZone("")
	return a, nil
}

// MarshalText implements encoding.TextMarshaler with the form of String.
func (a EntityAddr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseEntityAddr.
func (a *EntityAddr) UnmarshalText(text []byte) (err error) {
	*a, err = ParseEntityAddr(string(text))
	return err
}

// String returns the addresses in brackets, as Ceph prints them: "[v2:…,v1:…]", or the single address without them.
func (v AddrVec) String() string {
	if len(v) == 1 {
		return v[0].String()
	}
	parts := make([]string, len(v))
	for i, a := range v {
		parts[i] = a.String()
		if a.Type == AddrLegacy {
			parts[i] = "v1:" + parts[i]
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// ParseAddrVec is the inverse of AddrVec.String.
func ParseAddrVec(s string) (AddrVec, error) {
	// A bracket at the start may also belong to a single IPv6 address, so that is tried first.
	a, err := ParseEntityAddr(s)
	if err == nil {
		return AddrVec{a}, nil
	}
	inner, opened := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		return nil, err
	}
	if inner == "" {
		return nil, nil
	}
	var v AddrVec
	for part := range strings.SplitSeq(inner, ",") {
		a, err := ParseEntityAddr(part)
		if err != nil {
			return nil, err
		}
		v = append(v, a)
	}
	return v, nil
}
