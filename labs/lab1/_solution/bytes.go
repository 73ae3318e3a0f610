package main

import "encoding/binary"

// EntityName says who somebody is: osd.3 has type 4 and num 3.
type EntityName struct {
	Type uint8 `json:"type"`
	Num  int64 `json:"num"`
}

// EncodeEntityName returns the nine bytes of a name.
func EncodeEntityName(n EntityName) []byte {
	return binary.LittleEndian.AppendUint64([]byte{n.Type}, uint64(n.Num))
}

// DecodeEntityName returns the name that nine bytes hold.
func DecodeEntityName(b []byte) EntityName {
	return EntityName{Type: b[0], Num: int64(binary.LittleEndian.Uint64(b[1:]))}
}
