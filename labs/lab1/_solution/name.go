package main

import (
	"encoding/binary"
	"errors"
)

// errShort says that bytes end before what they should hold.
var errShort = errors.New("too short")

// EntityName says who somebody is: osd.3 has type 4 and num 3.
type EntityName struct {
	Type uint8 `json:"type"`
	Num  int64 `json:"num"`
}

// EncodeEntityName returns the nine bytes of a name.
func EncodeEntityName(n EntityName) []byte {
	return binary.LittleEndian.AppendUint64([]byte{n.Type}, uint64(n.Num))
}

// DecodeEntityName returns the name that stands at the front of b.
func DecodeEntityName(b []byte) (EntityName, error) {
	if len(b) < 9 {
		return EntityName{}, errShort
	}
	return EntityName{Type: b[0], Num: int64(binary.LittleEndian.Uint64(b[1:]))}, nil
}
