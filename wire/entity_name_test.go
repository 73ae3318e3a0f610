package wire_test

import (
	"testing"

	"simplemessenger/wire"
)

func TestEntityType(t *testing.T) {
	for typ, want := range map[wire.EntityType]string{
		wire.EntityMon: "mon", wire.EntityMDS: "mds", wire.EntityOSD: "osd",
		wire.EntityClient: "client",
		wire.EntityMgr:    "mgr", wire.EntityAuth: "auth", 0: "unknown0", 0x3f: "unknown3f",
	} {
		if got := typ.String(); got != want {
			t.Errorf("EntityType(%#x).String() = %q, want %q", uint8(typ), got, want)
		}
		if parsed, err := wire.ParseEntityType(
			want); (err == nil) != (typ.String()[0] != 'u') || err == nil && parsed != typ {
			t.Errorf("ParseEntityType(%q) = %v, %v", want, parsed, err)
		}
	}
	if typ, err := wire.ParseEntityType("OSD"); err != nil || typ != wire.EntityOSD {
		t.Errorf("ParseEntityType is not blind to case: %v, %v", typ, err)
	}
}

func TestEntityName(t *testing.T) {
	for _, test := range []struct {
		name wire.EntityName
		text string
		hex  string
	}{
		{wire.Mon(0), "mon.0", "010000000000000000"},
		{wire.OSD(3), "osd.3", "040300000000000000"},
		{wire.MDS(256), "mds.256", "020001000000000000"},
		{wire.Mgr(4121), "mgr.4121", "101910000000000000"},
		{wire.Client(wire.NumUnknown), "client.?", "08ffffffffffffffff"},
		{wire.Client(-2), "client.-2", "08feffffffffffffff"},
	} {
		if got := test.name.String(); got != test.text {
			t.Errorf("String() = %q, want %q", got, test.text)
		}
		if got, err := wire.ParseEntityName(test.text); err != nil || got != test.name {
			t.Errorf("ParseEntityName(%q) = %v, %v", test.text, got, err)
		}
		b := unhex(t, test.hex)
		if got := test.name.Append(nil); string(got) != string(b) {
			t.Errorf("%v: Append = %x, want %x", test.name, got, b)
		}
		if got, err := wire.DecodeEntityName(b); err != nil || got != test.name {
			t.Errorf("DecodeEntityName(%x) = %v, %v", b, got, err)
		}
	}
	for _, s := range []string{"", "osd", "osd.", "osd.x", ".3", "osdd.3", "osd.3.4",
		"osd.99999999999999999999"} {
		if n, err := wire.ParseEntityName(s); err == nil {
			t.Errorf("ParseEntityName(%q) = %v, want an error", s, n)
		}
	}
}

func TestEntityInst(t *testing.T) {
	inst := wire.EntityInst{Name: wire.OSD(3), Addr: addr("10.1.2.3:6800/17")}
	if got, want := inst.String(), "osd.3 10.1.2.3:6800/17"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	want := append(wire.OSD(3).Append(nil), inst.Addr.Append(nil)...)
	if got := inst.Append(nil); string(got) != string(want) || len(got) != wire.EntityInstSize ||
		wire.EntityInstSize != 145 {
		t.Errorf("Append = %x, want %x", got, want)
	}
	bad := append([]byte(nil), want...)
	bad[9] = 1
	if _, err := wire.DecodeEntityInst(bad); err == nil {
		t.Error("a bad address in it is no error")
	}
}
