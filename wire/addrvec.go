package wire

import "encoding/binary"

// MaxAddrVec is the number of addresses above which an address vector is refused.
const MaxAddrVec = 64

// AddrVec is the list of addresses of one daemon (entity_addrvec), used inside payloads by peers
// that have the feature MSG_ADDR2.
//
//	offset size field
//	     0    1 marker, 2
//	     1    4 count
//	     5      that many addresses, as EntityAddr.AppendAddr2
type AddrVec []EntityAddr

// Append appends the encoding of v to b.
func (v AddrVec) Append(b []byte) []byte {
	b = append(b, markerVector)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
	for _, a := range v {
		b = a.AppendAddr2(b)
	}
	return b
}

// DecodeAddrVec reads an address vector from the front of b and returns the number of bytes that it
// takes. A single address in either encoding is accepted in its place, as older peers send it.
func DecodeAddrVec(b []byte) (AddrVec, int, error) {
	const structure = "entity_addrvec"
	if len(b) == 0 {
		return nil, 0, shortError(structure, "marker", 0, 1, 0)
	}
	if b[0] != markerVector {
		a, n, err := DecodeEntityAddrAny(b)
		if err != nil {
			return nil, 0, err
		}
		return AddrVec{a}, n, nil
	}
	if len(b) < 5 {
		return nil, 0, shortError(structure, "count", 1, 5, len(b))
	}
	count := binary.LittleEndian.Uint32(b[1:])
	if count > MaxAddrVec {
		return nil, 0, tooLargeError(structure, "count", 1, uint64(count), MaxAddrVec)
	}
	var v AddrVec
	used := 5
	for range count {
		a, n, err := DecodeEntityAddrAny(b[used:])
		if err != nil {
			return nil, 0, err
		}
		v = append(v, a)
		used += n
	}
	return v, used, nil
}

// Legacy returns the first address of v that protocol v1 can use, or the zero value.
func (v AddrVec) Legacy() EntityAddr {
	for _, a := range v {
		if a.Type == AddrLegacy {
			return a
		}
	}
	return EntityAddr{}
}
