package wire

import (
	"encoding/binary"
)

// The first byte of an address or address vector inside a payload.
const (
	markerLegacy = 0
	markerAddr2  = 1
	markerVector = 2

	addr2Version = 1
	addr2Header  = 7  // marker, struct_v, struct_compat, struct_len
	addr2Fixed   = 12 // type, nonce, elen
)

// AppendAddr2 appends the encoding that peers use inside payloads when the session has the feature
// MSG_ADDR2.
//
//	offset size field
//	     0    1 marker, 1
//	     1    1 struct_v, 1
//	     2    1 struct_compat, 1
//	     3    4 struct_len: bytes from offset 7 on
//	     7    4 type
//	    11    4 nonce
//	    15    4 elen: length of what follows; 0 for a blank address
//	    19    2 family, little endian here
//	    21      port u16 big endian and so on, as in the legacy encoding: 14 bytes for IPv4, 26 for IPv6
func (a EntityAddr) AppendAddr2(b []byte) []byte {
	elen := 0
	switch a.family() {
	case familyIPv4:
		elen = sockaddrInSize
	case familyIPv6:
		elen = sockaddrIn6Size
	}
	b = append(b, markerAddr2, addr2Version, addr2Version)
	b = binary.LittleEndian.AppendUint32(b, uint32(addr2Fixed+elen))
	b = binary.LittleEndian.AppendUint32(b, uint32(a.Type))
	b = binary.LittleEndian.AppendUint32(b, a.Nonce)
	b = binary.LittleEndian.AppendUint32(b, uint32(elen))
	if elen == 0 {
		return b
	}
	end := len(b) + elen
	b = binary.LittleEndian.AppendUint16(b, a.family())
	b = a.appendSockaddrData(b)
	return append(b, zeros[:end-len(b)]...)
}

// DecodeEntityAddrAny reads an address in either encoding from the front of b, told apart by the
// first byte, and returns the number of bytes that it takes.
func DecodeEntityAddrAny(b []byte) (EntityAddr, int, error) {
	if len(b) == 0 {
		return EntityAddr{}, 0, shortError("entity_addr", "marker", 0, 1, 0)
	}
	switch b[0] {
	case markerLegacy:
		a, err := DecodeEntityAddr(b)
		if err != nil {
			return EntityAddr{}, 0, err
		}
		return a, EntityAddrSize, nil
	case markerAddr2:
		return decodeAddr2(b)
	}
	return EntityAddr{}, 0, invalidError("entity_addr", "marker", 0, "%d, want 0 or 1", b[0])
}

func decodeAddr2(b []byte) (EntityAddr, int, error) {
	const structure = "entity_addr2"
	if len(b) < addr2Header {
		return EntityAddr{}, 0, shortError(structure, "struct_len", 3, addr2Header, len(b))
	}
	if b[2] > addr2Version {
		return EntityAddr{}, 0, invalidError(structure, "struct_compat", 2,
			"version %d, this decoder knows %d", b[2], addr2Version)
	}
	structLen := binary.LittleEndian.Uint32(b[3:])
	// Later versions may add fields, so the limit is generous; it only bounds what we wait for.
	const limit = addr2Fixed + sockaddrStorageSize + 1024
	if structLen > limit {
		return EntityAddr{}, 0, tooLargeError(structure, "struct_len", 3, uint64(structLen), limit)
	}
	if structLen < addr2Fixed {
		return EntityAddr{}, 0, invalidError(structure, "struct_len", 3, "%d, at least %d",
			structLen, addr2Fixed)
	}
	end := addr2Header + int(structLen)
	if len(b) < end {
		return EntityAddr{}, 0, shortError(structure, "type", addr2Header, end, len(b))
	}
	a := EntityAddr{Type: AddrType(binary.LittleEndian.Uint32(b[7:])),
		Nonce: binary.LittleEndian.Uint32(b[11:])}
	elen := binary.LittleEndian.Uint32(b[15:])
	if elen > structLen-addr2Fixed {
		return EntityAddr{}, 0, tooLargeError(structure, "elen", 15, uint64(elen),
			uint64(structLen-addr2Fixed))
	}
	if elen == 0 {
		return a, end, nil
	}
	if elen < 2 {
		return EntityAddr{}, 0, invalidError(structure, "elen", 15, "%d, no room for a family",
			elen)
	}
	family := binary.LittleEndian.Uint16(b[19:])
	var need uint32
	switch family {
	case familyUnspecified:
	case familyIPv4:
		need = 2 + 6
	case familyIPv6:
		need = sockaddrIn6Size
	default:
		return EntityAddr{}, 0, invalidError(structure, "family", 19, "address family %d", family)
	}
	if elen < need {
		return EntityAddr{}, 0, invalidError(structure, "elen", 15,
			"%d bytes for address family %d, which takes %d", elen, family, need)
	}
	a.setSockaddrData(family, b[21:end])
	return a, end, nil
}
