package main

import (
	"bytes"
	"encoding/binary"
)

// Compare returns -1, 0 or +1: which of two addresses is the lower one, as bytes in memory.
func Compare(a, b Addr) int { return bytes.Compare(memory(a), memory(b)) }

func memory(a Addr) []byte {
	b := binary.LittleEndian.AppendUint32(nil, a.Nonce)
	family := byte(0)
	switch {
	case a.IP.Is4():
		family = 2
	case a.IP.Is6():
		family = 10
	}
	b = append(b, family, 0)
	b = binary.BigEndian.AppendUint16(b, a.Port)
	if family == 10 {
		b = binary.LittleEndian.AppendUint32(b, a.FlowInfo)
	}
	return append(b, a.IP.AsSlice()...)
}
