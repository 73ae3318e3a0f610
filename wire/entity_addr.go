package wire

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
)

// Sizes of an EntityAddr in bytes.
const (
	// EntityAddrSize is the size of the legacy encoding, the only one in the banner exchange.
	EntityAddrSize = 136
	// sockaddrStorageSize is what the legacy encoding reserves for the socket address.
	sockaddrStorageSize = 128
	sockaddrInSize      = 16
	sockaddrIn6Size     = 28
)

// zeros pads socket addresses.
var zeros [sockaddrStorageSize]byte

// AddrType is the protocol that an address stands for.
type AddrType uint32

// The types of address. Only AddrLegacy and AddrNone come up in protocol v1's own structures.
const (
	AddrNone   AddrType = 0
	AddrLegacy AddrType = 1 // protocol v1
	AddrMsgr2  AddrType = 2
	AddrAny    AddrType = 3
	AddrCIDR   AddrType = 4
)

// Address families as they stand on the wire (Linux values, on every platform).
const (
	familyUnspecified = 0
	familyIPv4        = 2
	familyIPv6        = 10
)

// EntityAddr is the address of a messenger: socket address and nonce. The nonce tells apart two
// messengers that had the same socket address one after the other, or clients that listen nowhere.
// It is comparable: two values are the same address exactly if they are ==.
//
// Legacy encoding, 136 bytes:
//
//	offset size field
//	     0    4 zero
//	     4    4 nonce
//	     8  128 sockaddr_storage: family u16 big endian, then
//	            IPv4 (family 2):  port u16 big endian, address 4
//	            IPv6 (family 10): port u16 big endian, flowinfo u32, address 16, scope_id u32
//	            and zeros
//
// The encoding with the feature MSG_ADDR2 (only inside message payloads) is described at
// AppendAddr2.
type EntityAddr struct {
	Type  AddrType
	Nonce uint32
	// IP is the zero Addr for a blank address (family 0). It has no zone; see ScopeID.
	IP       netip.Addr
	Port     uint16
	FlowInfo uint32 // IPv6 only, as it stands on the wire
	ScopeID  uint32 // IPv6 only
}

// NewEntityAddr returns the v1 address of a socket address and a nonce.
func NewEntityAddr(ap netip.AddrPort, nonce uint32) EntityAddr {
	a := EntityAddr{Type: AddrLegacy, Nonce: nonce, Port: ap.Port()}
	a.setIP(ap.Addr().Unmap())
	return a
}

// EntityAddrFromNet returns the v1 address of a socket's end; it is blank if a is not a TCP
// address.
func EntityAddrFromNet(a net.Addr, nonce uint32) EntityAddr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		if ap := tcp.AddrPort(); ap.Addr().IsValid() {
			return NewEntityAddr(ap, nonce)
		}
	}
	return EntityAddr{Nonce: nonce}
}

// AddrPort returns the socket address without the nonce. A scope is its zone, as a number.
func (a EntityAddr) AddrPort() netip.AddrPort {
	ip := a.IP
	if a.ScopeID != 0 && ip.Is6() {
		ip = ip.WithZone(strconv.FormatUint(uint64(a.ScopeID), 10))
	}
	return netip.AddrPortFrom(ip, a.Port)
}

// Untyped returns the address without its type. Addresses that differ in nothing else are those of
// one messenger: a map, a banner and a person give different types to the same address.
func (a EntityAddr) Untyped() EntityAddr {
	a.Type = AddrNone
	return a
}

// IsBlank reports whether a has no address family at all.
func (a EntityAddr) IsBlank() bool { return !a.IP.IsValid() }

// IsBlankIP reports whether a names no host: no family, or the unspecified address 0.0.0.0 or [::].
func (a EntityAddr) IsBlankIP() bool { return !a.IP.IsValid() || a.IP.IsUnspecified() }

// SameHost reports whether a and b have the same IP address.
func (a EntityAddr) SameHost(b EntityAddr) bool { return a.IP == b.IP }

// ProbablyEquals reports whether a is b or may be b: everything equal, or port and nonce equal and
// one host blank. A client uses it to check the address that a server announces.
func (a EntityAddr) ProbablyEquals(b EntityAddr) bool {
	if a.Port != b.Port || a.Nonce != b.Nonce {
		return false
	}
	return a.IP == b.IP || a.IsBlankIP() || b.IsBlankIP()
}

// Compare orders addresses as the original breaks races between two connections: byte by byte over
// the in-memory structure, which is type and nonce (both little endian) and then the socket address
// with port and IP in network order. It returns -1, 0 or +1.
func (a EntityAddr) Compare(b EntityAddr) int {
	var x, y [8 + sockaddrIn6Size]byte
	return bytes.Compare(a.memory(x[:0]), b.memory(y[:0]))
}

func (a EntityAddr) memory(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(a.Type))
	b = binary.LittleEndian.AppendUint32(b, a.Nonce)
	b = binary.LittleEndian.AppendUint16(b, a.family())
	b = a.appendSockaddrData(b)
	return b[:8+sockaddrIn6Size] // what is beyond an IPv4 address is zero
}

func (a EntityAddr) family() uint16 {
	switch {
	case !a.IP.IsValid():
		return familyUnspecified
	case a.IP.Is4():
		return familyIPv4
	}
	return familyIPv6
}

// appendSockaddrData appends what follows the family in a struct sockaddr.
func (a EntityAddr) appendSockaddrData(b []byte) []byte {
	if !a.IP.IsValid() {
		return b
	}
	b = binary.BigEndian.AppendUint16(b, a.Port)
	if a.IP.Is4() {
		ip := a.IP.As4()
		return append(b, ip[:]...)
	}
	b = binary.LittleEndian.AppendUint32(b, a.FlowInfo)
	ip := a.IP.As16()
	b = append(b, ip[:]...)
	return binary.LittleEndian.AppendUint32(b, a.ScopeID)
}

// setSockaddrData is the inverse of appendSockaddrData; b is long enough for the family (checked by
// the caller).
func (a *EntityAddr) setSockaddrData(family uint16, b []byte) {
	switch family {
	case familyIPv4:
		a.Port = binary.BigEndian.Uint16(b)
		a.IP = netip.AddrFrom4([4]byte(b[2:6]))
	case familyIPv6:
		a.Port = binary.BigEndian.Uint16(b)
		a.FlowInfo = binary.LittleEndian.Uint32(b[2:])
		a.IP = netip.AddrFrom16([16]byte(b[6:22]))
		a.ScopeID = binary.LittleEndian.Uint32(b[22:])
	}
}

// Append appends the legacy encoding of a to b. The type is not part of it.
func (a EntityAddr) Append(b []byte) []byte {
	end := len(b) + EntityAddrSize
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, a.Nonce)
	b = binary.BigEndian.AppendUint16(b, a.family())
	b = a.appendSockaddrData(b)
	return append(b, zeros[:end-len(b)]...)
}

// DecodeEntityAddr reads the legacy encoding of an address from the front of b. A valid one has
// type AddrLegacy, a blank one (family 0) AddrNone. What follows the socket address up to 136 bytes
// is ignored.
func DecodeEntityAddr(b []byte) (EntityAddr, error) {
	const structure = "entity_addr"
	if len(b) < EntityAddrSize {
		return EntityAddr{}, shortError(structure, "sockaddr", 8, EntityAddrSize, len(b))
	}
	if marker := binary.LittleEndian.Uint32(b); marker != 0 {
		return EntityAddr{}, invalidError(structure, "type", 0, "%d, want 0 in the legacy encoding",
			marker)
	}
	a := EntityAddr{Type: AddrLegacy, Nonce: binary.LittleEndian.Uint32(b[4:])}
	switch family := binary.BigEndian.Uint16(b[8:]); family {
	case familyUnspecified:
		a.Type = AddrNone
	case familyIPv4, familyIPv6:
		a.setSockaddrData(family, b[10:EntityAddrSize])
	default:
		return EntityAddr{}, invalidError(structure, "family", 8, "address family %d", family)
	}
	return a, nil
}
