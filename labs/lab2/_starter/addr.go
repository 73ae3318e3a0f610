package main

import "net/netip"

// EntityAddr is the address of a messenger. The zero IP is a blank address, of no family.
type EntityAddr struct {
	Nonce uint32     `json:"nonce"`
	Port  uint16     `json:"port"`
	IP    netip.Addr `json:"ip"`
	// FlowInfo and ScopeID are of IPv6 alone.
	FlowInfo uint32 `json:"flowinfo"`
	ScopeID  uint32 `json:"scope_id"`
}

// EncodeEntityAddr returns the 136 bytes of an address. A blank one has no port.
func EncodeEntityAddr(a EntityAddr) []byte {
	return nil // TODO
}

// DecodeEntityAddr returns the address that stands at the front of b.
func DecodeEntityAddr(b []byte) (EntityAddr, error) {
	return EntityAddr{}, errTODO // TODO
}
