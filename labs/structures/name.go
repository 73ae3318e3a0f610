package structures

import (
	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// Name is an entity_name.
type Name struct {
	Type uint8 `json:"type"`
	Num  int64 `json:"num"`
}

// NameLayout takes an entity_name apart.
var NameLayout = grade.Layout{{"type", 1}, {"num", 8}}

func (n Name) wire() wire.EntityName {
	return wire.EntityName{Type: wire.EntityType(n.Type), Num: n.Num}
}

func nameOf(n wire.EntityName) Name { return Name{uint8(n.Type), n.Num} }

// Bytes encodes it.
func (n Name) Bytes() []byte { return n.wire().Append(nil) }

// DecodeName is the inverse of Bytes.
func DecodeName(b []byte) (Name, error) {
	n, err := wire.DecodeEntityName(b)
	return nameOf(n), err
}
