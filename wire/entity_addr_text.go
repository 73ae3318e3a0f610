package wire

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// String returns Ceph's text form: "10.1.2.3:6789/1234" for a v1 address, with the prefix "v2:",
// "any:" or "cidr:" for the other types, IPv6 in brackets, and "-" for a blank address.
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
	return prefix + host + ":" + strconv.Itoa(int(a.Port)) + "/" +
		strconv.FormatUint(uint64(a.Nonce), 10)
}

// ParseEntityAddr reads an address in the form of ParseHostAddr whose host is an IP address or "-".
// Host names are not resolved: that is for who has a context to wait in.
func ParseEntityAddr(s string) (EntityAddr, error) {
	a, err := ParseHostAddr(s)
	switch {
	case err != nil:
		return EntityAddr{}, err
	case a.IsName():
		return EntityAddr{}, errors.Errorf("wire: address %q: %q is no IP address", s, a.Host)
	case a.IP.Zone() != "" && scopeID(a.IP.Zone()) == 0:
		return EntityAddr{}, errors.Errorf("wire: address %q: there is no network interface %q "+
			"here", s, a.IP.Zone())
	}
	return a.EntityAddr(netip.Addr{}), nil
}

// MarshalText implements encoding.TextMarshaler with the form of String.
func (a EntityAddr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseEntityAddr.
func (a *EntityAddr) UnmarshalText(text []byte) (err error) {
	*a, err = ParseEntityAddr(string(text))
	return err
}

// String returns the addresses in brackets, as Ceph prints them: "[v2:…,v1:…]", or the single
// address without them.
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
