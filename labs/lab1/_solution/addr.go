package main

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

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
	b := make([]byte, 136)
	binary.LittleEndian.PutUint32(b[4:], a.Nonce)
	switch {
	case a.IP.Is4():
		binary.BigEndian.PutUint16(b[8:], 2)
		binary.BigEndian.PutUint16(b[10:], a.Port)
		copy(b[12:], a.IP.AsSlice())
	case a.IP.Is6():
		binary.BigEndian.PutUint16(b[8:], 10)
		binary.BigEndian.PutUint16(b[10:], a.Port)
		binary.LittleEndian.PutUint32(b[12:], a.FlowInfo)
		copy(b[16:], a.IP.AsSlice())
		binary.LittleEndian.PutUint32(b[32:], a.ScopeID)
	}
	return b
}

// DecodeEntityAddr returns the address that stands at the front of b.
func DecodeEntityAddr(b []byte) (EntityAddr, error) {
	if len(b) < 136 {
		return EntityAddr{}, errShort
	}
	if binary.LittleEndian.Uint32(b) != 0 {
		return EntityAddr{}, errors.New("not the legacy encoding")
	}
	a := EntityAddr{Nonce: binary.LittleEndian.Uint32(b[4:])}
	switch binary.BigEndian.Uint16(b[8:]) {
	case 0:
	case 2:
		a.Port = binary.BigEndian.Uint16(b[10:])
		a.IP, _ = netip.AddrFromSlice(b[12:16])
	case 10:
		a.Port = binary.BigEndian.Uint16(b[10:])
		a.FlowInfo = binary.LittleEndian.Uint32(b[12:])
		a.IP, _ = netip.AddrFromSlice(b[16:32])
		a.ScopeID = binary.LittleEndian.Uint32(b[32:])
	default:
		return EntityAddr{}, errors.New("unknown family")
	}
	return a, nil
}
