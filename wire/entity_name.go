package wire

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// EntityNameSize is the encoded size of an EntityName in bytes.
const EntityNameSize = 9

// NumUnknown is the number of an entity that has none yet; it prints as "?".
const NumUnknown int64 = -1

// EntityName names a daemon or client: its type and its number within the type.
//
//	offset size field
//	     0    1 type
//	     1    8 num
type EntityName struct {
	Type EntityType
	Num  int64
}

// Mon returns the name of monitor num.
func Mon(num int64) EntityName { return EntityName{EntityMon, num} }

// OSD returns the name of object storage daemon num.
func OSD(num int64) EntityName { return EntityName{EntityOSD, num} }

// MDS returns the name of metadata server num.
func MDS(num int64) EntityName { return EntityName{EntityMDS, num} }

// Mgr returns the name of manager num.
func Mgr(num int64) EntityName { return EntityName{EntityMgr, num} }

// Client returns the name of client num; Client(NumUnknown) is "client.?".
func Client(num int64) EntityName { return EntityName{EntityClient, num} }

// String returns Ceph's text form, such as "osd.3" or "client.?".
func (n EntityName) String() string {
	if n.Num == NumUnknown {
		return n.Type.String() + ".?"
	}
	return n.Type.String() + "." + strconv.FormatInt(n.Num, 10)
}

// ParseEntityName is the inverse of EntityName.String.
func ParseEntityName(s string) (EntityName, error) {
	typ, num, found := strings.Cut(s, ".")
	if !found {
		return EntityName{}, errors.Errorf("wire: entity name %q has no dot (want a form such as "+
			"osd.3)", s)
	}
	t, err := ParseEntityType(typ)
	if err != nil {
		return EntityName{}, errors.WithMessagef(err, "wire: entity name %q", s)
	}
	if num == "?" {
		return EntityName{t, NumUnknown}, nil
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil {
		return EntityName{}, errors.Errorf("wire: entity name %q: %q is not a number", s, num)
	}
	return EntityName{t, n}, nil
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
	b = append(b, byte(n.Type))
	return binary.LittleEndian.AppendUint64(b, uint64(n.Num))
}

// DecodeEntityName reads an EntityName from the front of b.
func DecodeEntityName(b []byte) (EntityName, error) {
	if len(b) < EntityNameSize {
		return EntityName{}, shortError("entity_name", "num", 1, EntityNameSize, len(b))
	}
	return EntityName{EntityType(b[0]), int64(binary.LittleEndian.Uint64(b[1:]))}, nil
}
