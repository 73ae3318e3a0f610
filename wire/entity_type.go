package wire

import (
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// EntityType is the kind of a daemon or client. The values are bits, so that a set of types fits in
// one integer.
type EntityType uint8

// The entity types of protocol v1.
const (
	EntityMon    EntityType = 0x01
	EntityMDS    EntityType = 0x02
	EntityOSD    EntityType = 0x04
	EntityClient EntityType = 0x08
	EntityMgr    EntityType = 0x10
	EntityAuth   EntityType = 0x20 // only in cephx tickets
)

var entityTypeNames = map[EntityType]string{
	EntityMon: "mon", EntityMDS: "mds", EntityOSD: "osd", EntityClient: "client", EntityMgr: "mgr",
	EntityAuth: "auth",
}

// String returns the name used in Ceph's text forms ("osd"), or "unknownNN" in hexadecimal for a
// value without a name.
func (t EntityType) String() string {
	if name, ok := entityTypeNames[t]; ok {
		return name
	}
	return "unknown" + strconv.FormatUint(uint64(t), 16)
}

// ParseEntityType is the inverse of EntityType.String for the types that have a name.
func ParseEntityType(s string) (EntityType, error) {
	for t, name := range entityTypeNames {
		if strings.EqualFold(s, name) {
			return t, nil
		}
	}
	return 0, errors.Errorf("wire: %q is not an entity type (mon, mds, osd, client, mgr, auth)", s)
}
