package main

// EntityName says who somebody is: osd.3 has type 4 and num 3.
type EntityName struct {
	Type uint8 `json:"type"`
	Num  int64 `json:"num"`
}

// EncodeEntityName returns the nine bytes of a name.
func EncodeEntityName(n EntityName) []byte {
	return nil // TODO
}

// DecodeEntityName returns the name that nine bytes hold.
func DecodeEntityName(b []byte) EntityName {
	return EntityName{} // TODO
}
