package auth

import (
	"encoding/binary"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/auth/internal/denc"
	"simplemessenger/wire"
)

// EntityName is the name under which somebody authenticates, such as "client.admin" or "osd.3".
// Unlike a wire.EntityName its second half is text; that of the monitors, who share one key, is
// empty: "mon.".
//
//	size field
//	   4 type
//	   4 length of id
//	     id
type EntityName struct {
	Type wire.EntityType
	ID   string
}

// String returns the name with its type, such as "client.admin".
func (n EntityName) String() string { return n.Type.String() + "." + n.ID }

// ParseEntityName is the inverse of EntityName.String. The id begins behind the first dot.
func ParseEntityName(s string) (EntityName, error) {
	typ, id, found := strings.Cut(s, ".")
	if !found {
		return EntityName{}, errors.Errorf("auth: entity name %q has no dot (want a form such as "+
			"client.admin)", s)
	}
	t, err := wire.ParseEntityType(typ)
	if err != nil {
		return EntityName{}, errors.WithMessagef(err, "auth: entity name %q", s)
	}
	return EntityName{t, id}, nil
}

// MarshalText implements encoding.TextMarshaler with the form of String.
func (n EntityName) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseEntityName.
func (n *EntityName) UnmarshalText(text []byte) (err error) {
	*n, err = ParseEntityName(string(text))
	return err
}

// Append appends the encoding of n to b.
func (n EntityName) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(n.Type))
	return denc.AppendBlob(b, n.ID)
}

// DecodeEntityName reads an EntityName from the front of b and returns the number of bytes used.
func DecodeEntityName(b []byte) (EntityName, int, error) {
	d := denc.NewDecoder("auth_entity_name", b)
	n := EntityName{Type: d.EntityType("type"), ID: string(d.Blob("id"))}
	if d.Err() != nil {
		return EntityName{}, 0, d.Err()
	}
	return n, d.Offset(), nil
}
