package messages

import (
	"strings"
	"testing"
)

func TestTypeString(t *testing.T) {
	for typ, want := range map[Type]string{
		2: "MPing", 4: "MMonMap", 5: "MMonGetMap", 17: "MAuth", 18: "MAuthReply", 41: "MOSDMap",
		42: "MOSDOp",
		43: "MOSDOpReply", 65: "MMonElection", 70: "MOSDPing", 0x700: "MMgrOpen",
		0x310: "MClientCaps",
		0:     "type 0", 3: "type 3", 0xffff: "type 65535",
	} {
		if got := typ.String(); got != want {
			t.Errorf("Type(%d).String() = %q, want %q", typ, got, want)
		}
	}
}

func TestTypeNamesAreUnique(t *testing.T) {
	seen := map[string]Type{}
	for typ, name := range typeNames {
		if !strings.HasPrefix(name, "M") {
			t.Errorf("%q does not start with M", name)
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%q names both %d and %d", name, other, typ)
		}
		seen[name] = typ
	}
}
