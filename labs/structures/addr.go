package structures

import (
	"net/netip"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// Addr is an entity_addr in the legacy encoding. A blank one has the zero IP, which is "" in JSON.
type Addr struct {
	Nonce uint32     `json:"nonce"`
	Port  uint16     `json:"port"`
	IP    netip.Addr `json:"ip"`
	// FlowInfo and ScopeID are of IPv6 alone.
	FlowInfo uint32 `json:"flowinfo"`
	ScopeID  uint32 `json:"scope_id"`
}

// AddrLayout4 and AddrLayout6 take an entity_addr apart, by its family.
var (
	AddrLayout4 = grade.Layout{{"type", 4}, {"nonce", 4}, {"family", 2}, {"port", 2}, {"ip", 4},
		{"zeros", 120}}
	AddrLayout6 = grade.Layout{{"type", 4}, {"nonce", 4}, {"family", 2}, {"port", 2},
		{"flowinfo", 4}, {"ip", 16}, {"scope_id", 4}, {"zeros", 100}}
)

// Layout returns the layout for the family of the address.
func (a Addr) Layout() grade.Layout {
	if a.IP.Is6() {
		return AddrLayout6
	}
	return AddrLayout4
}

// Wire returns it as the library has it.
func (a Addr) Wire() wire.EntityAddr {
	t := wire.AddrLegacy
	if !a.IP.IsValid() {
		t = wire.AddrNone
	}
	return wire.EntityAddr{Type: t, Nonce: a.Nonce, IP: a.IP, Port: a.Port, FlowInfo: a.FlowInfo,
		ScopeID: a.ScopeID}
}

// AddrOf is the inverse of Wire.
func AddrOf(a wire.EntityAddr) Addr { return Addr{a.Nonce, a.Port, a.IP, a.FlowInfo, a.ScopeID} }

// String returns the field's text form, such as "10.1.2.3:6789/1234".
func (a Addr) String() string { return a.Wire().String() }

// Bytes encodes it.
func (a Addr) Bytes() []byte { return a.Wire().Append(nil) }

// DecodeAddr is the inverse of Bytes.
func DecodeAddr(b []byte) (Addr, error) {
	a, err := wire.DecodeEntityAddr(b)
	return AddrOf(a), err
}
