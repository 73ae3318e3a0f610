package main

import "errors"

// errTODO is what is not written yet says.
var errTODO = errors.New("not written yet")

// EntityName says who somebody is: osd.3 has type 4 and num 3.
type EntityName struct {
	Type uint8 `json:"type"`
	Num  int64 `json:"num"`
}

// EncodeEntityName returns the nine bytes of a name.
func EncodeEntityName(n EntityName) []byte {
	return nil // TODO
}

// DecodeEntityName returns the name that stands at the front of b.
func DecodeEntityName(b []byte) (EntityName, error) {
	return EntityName{}, errTODO // TODO
}
