package none

import (
	"encoding/binary"

	"simplemessenger/auth"
	"simplemessenger/auth/internal/denc"
)

// Authorizer is what follows the connect message.
//
//	size field
//	   1 version, 1
//	     name, an auth.EntityName: type 4, length of id 4, id
//	   8 global_id
type Authorizer struct {
	Name     auth.EntityName
	GlobalID uint64
}

// Append appends the encoding of a to b.
func (a Authorizer) Append(b []byte) []byte {
	b = append(b, 1)
	b = a.Name.Append(b)
	return binary.LittleEndian.AppendUint64(b, a.GlobalID)
}

// DecodeAuthorizer reads an Authorizer, which is all of b.
func DecodeAuthorizer(b []byte) (Authorizer, error) {
	d := denc.NewDecoder("auth_none_authorizer", b)
	d.Version(1)
	a := Authorizer{
		Name:     auth.EntityName{Type: d.EntityType("name type"), ID: string(d.Blob("name id"))},
		GlobalID: d.U64("global_id"),
	}
	d.End()
	if d.Err() != nil {
		return Authorizer{}, d.Err()
	}
	return a, nil
}
