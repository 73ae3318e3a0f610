package wire_test

import (
	"slices"
	"strings"
	"testing"

	"simplemessenger/wire"
)

// What every daemon and client of the release offers.
const (
	features14 wire.Features = 0x3ffddff8ffecffff
	features16 wire.Features = 0x3f01cfbdfffdffff
)

func TestFeatureTable(t *testing.T) {
	names := map[string]bool{}
	var retired []string
	last := [2]int{}
	for _, info := range wire.AllFeatures() {
		if names[info.Name] || info.Name == "" || strings.ToUpper(info.Name) != info.Name {
			t.Errorf("name %q", info.Name)
		}
		names[info.Name] = true
		if at := [2]int{info.Bit, info.Incarnation}; slices.Compare(at[:], last[:]) < 0 {
			t.Errorf("%s stands out of order", info.Name)
		} else {
			last = at
		}
		var mask wire.Features
		switch info.Incarnation {
		case 1:
		case 2:
			mask = 1 << 57
		case 3:
			mask = 1<<57 | 1<<28
		default:
			t.Errorf("%s: incarnation %d", info.Name, info.Incarnation)
		}
		if mask |= 1 << info.Bit; info.Mask != mask {
			t.Errorf("%s: mask %v, want %v", info.Name, info.Mask, mask)
		}
		if found, ok := wire.LookupFeature(info.Name); !ok || found != info {
			t.Errorf("LookupFeature(%q) = %+v, %v", info.Name, found, ok)
		}
		if info.Retired {
			retired = append(retired, info.Name)
		}
	}
	if want := []string{
		"MONCLOCKCHECK", "OMAP", "QUERY_T", "INDEP_PG_MAP", "CHUNKY_SCRUB", "MON_NULLROUTE",
		"MON_GV", "BACKFILL_RESERVATION",
		"RECOVERY_RESERVATION", "OSD_HBMSGS", "OSD_SNAPMAPPER", "MON_SCRUB", "OSD_PACKED_RECOVERY",
		"OSD_SET_ALLOC_HINT",
		"OSD_MIN_SIZE_RECOVERY", "OSD_PROXY_FEATURES", "RESERVED", "RESERVED_BROKEN",
	}; !slices.Equal(retired, want) {
		t.Errorf("retired: %q, want %q", retired, want)
	}
	if _, ok := wire.LookupFeature("NONSENSE"); ok {
		t.Error("LookupFeature finds nonsense")
	}
	wire.AllFeatures()[0].Name = "changed"
	if wire.AllFeatures()[0].Name != "UID" {
		t.Error("AllFeatures lends its table")
	}
}

func TestFeatureConstants(t *testing.T) {
	for name, mask := range map[string]wire.Features{
		"NOSRCADDR": wire.FeatureNoSrcAddr, "RECONNECT_SEQ": wire.FeatureReconnectSeq,
		"MSG_AUTH":        wire.FeatureMsgAuth,
		"MSGR_KEEPALIVE2": wire.FeatureMsgrKeepalive2, "MSG_ADDR2": wire.FeatureMsgAddr2,
		"CEPHX_V2": wire.FeatureCephxV2,
	} {
		if info, ok := wire.LookupFeature(name); !ok || info.Mask != mask {
			t.Errorf("%s: constant %v, table %+v", name, mask, info)
		}
	}
	if wire.FeaturesSupported != features14 {
		t.Errorf("FeaturesSupported = %v, want that of 14.2, %v", wire.FeaturesSupported,
			features14)
	}
}

// A set of a real release consists of features of the table that are not retired, and the release's
// own mark is in it.
func TestFeaturesOfRealReleases(t *testing.T) {
	for _, test := range []struct {
		release  string
		features wire.Features
		has      []string
		lacks    []string
	}{
		{"14.2", features14,
			[]string{"SERVER_NAUTILUS", "SERVER_MIMIC", "SERVER_LUMINOUS", "SERVER_KRAKEN",
				"OSD_PGLOG_HARDLIMIT", "CEPHX_V2", "MSG_ADDR2", "OSD_ERASURE_CODES"},
			[]string{"SERVER_OCTOPUS", "SERVER_PACIFIC", "STRETCH_MODE", "RANGE_BLOCKLIST",
				"OS_PERF_STAT_NS"}},
		{"16.2", features16,
			[]string{"SERVER_PACIFIC", "SERVER_OCTOPUS", "SERVER_NAUTILUS", "STRETCH_MODE",
				"RANGE_BLOCKLIST", "CEPHX_V2", "MSG_ADDR2"},
			[]string{"OSD_ERASURE_CODES", "MON_METADATA", "HAMMER_0_94_4", "OS_PERF_STAT_NS"}},
	} {
		for _, name := range test.has {
			if info, _ := wire.LookupFeature(name); !test.features.Has(info.Mask) {
				t.Errorf("%s lacks %s", test.release, name)
			}
		}
		for _, name := range test.lacks {
			if info, ok := wire.LookupFeature(name); !ok || test.features.Has(info.Mask) {
				t.Errorf("%s has %s", test.release, name)
			}
		}
		for _, name := range test.features.Names() {
			if strings.HasPrefix(name, "bit ") {
				t.Errorf("%s offers %s, which has no name", test.release, name)
			}
			for _, part := range strings.Split(name, "/") {
				if info, _ := wire.LookupFeature(part); info.Retired {
					t.Errorf("%s offers %s, which is retired", test.release, part)
				}
			}
		}
	}
}

// What a monitor and a storage daemon of 14.2 answered, in FEATURES, to a peer that offered
// nothing.
func TestRequiredFeaturesOfRealDaemons(t *testing.T) {
	const ofClients wire.Features = 0x401020002040000
	ofOSDs := ofClients | 1<<14 | 1<<57 | 1<<59 | 1<<61
	if got, want := ofClients.Names(), []string{"CRUSH_TUNABLES", "CRUSH_TUNABLES2",
		"CRUSH_TUNABLES3/OSD_PRIMARY_AFFINITY",
		"CRUSH_V4", "CRUSH_TUNABLES5/NEW_OSDOPREPLY_ENCODING/FS_FILE_LAYOUT_V2"}; !slices.Equal(got,
		want) {
		t.Errorf("of clients: %q, want %q", got, want)
	}
	if !slices.Contains(ofOSDs.Names(), "SERVER_KRAKEN") {
		t.Errorf("of OSDs: %q lacks SERVER_KRAKEN, whose mask is set", ofOSDs.Names())
	}
	for _, offered := range []wire.Features{features14, features16} {
		if missing := offered.Missing(ofOSDs); missing != 0 {
			t.Errorf("%v lacks %v", offered, missing.Names())
		}
	}
	if got := wire.FeatureNoSrcAddr.Missing(ofClients | wire.FeatureNoSrcAddr); got != ofClients {
		t.Errorf("Missing = %v, want %v", got, ofClients)
	}
}

// A bit of a later incarnation means nothing without the bits that mark it.
func TestIncarnations(t *testing.T) {
	for _, test := range []struct {
		features wire.Features
		want     []string
	}{
		{0, nil},
		{1 << 2, []string{"MONCLOCKCHECK"}},
		{1<<2 | 1<<57, []string{"MONCLOCKCHECK",
			"MON_STATEFUL_SUB/MON_ROUTE_OSDMAP/OSDSUBOP_NO_SNAPCONTEXT/SERVER_JEWEL"}},
		{1<<2 | 1<<28, []string{"MONCLOCKCHECK", "OSD_HBMSGS"}},
		{1<<2 | 1<<28 | 1<<57, []string{"SERVER_NAUTILUS", "SERVER_MIMIC",
			"MON_STATEFUL_SUB/MON_ROUTE_OSDMAP/OSDSUBOP_NO_SNAPCONTEXT/SERVER_JEWEL"}},
		{1 << 63, []string{"RESERVED_BROKEN"}},
	} {
		if got := test.features.Names(); !slices.Equal(got, test.want) {
			t.Errorf("%v.Names() = %q, want %q", test.features, got, test.want)
		}
	}
	nautilus, _ := wire.LookupFeature("SERVER_NAUTILUS")
	if wire.Features(1<<2 | 1<<57).Has(nautilus.Mask) {
		t.Error("Has is content with a part of the mask")
	}
}

func TestSanitize(t *testing.T) {
	if got := wire.Features(1<<63 | 1<<40).Sanitize(); got != 0x1ffffffff {
		t.Errorf("bit 63: %v, want the bits 0 to 32", got)
	}
	if got := features14.Sanitize(); got != features14 {
		t.Errorf("14.2: %v", got)
	}
	if got := features14.String(); got != "0x3ffddff8ffecffff" {
		t.Errorf("String() = %q", got)
	}
}
