package messages

import (
	"strings"

	"simplemessenger/wire"
)

// MaxOSDs is the largest number of osds that a map may have here. Ceph's own limit (mon_max_osd) is
// 10,000 unless somebody raises it.
const MaxOSDs = 1 << 18

// OSDState is the set of what a map says of an osd.
type OSDState uint32

// What a map says of an osd, as far as clients care.
const (
	OSDExists OSDState = 1 << 0
	OSDUp     OSDState = 1 << 1
	osdAuto   OSDState = 1<<2 | 1<<3 // marked out by the monitors; new: both end when it is in
)

// OSDInfo is an osd in an OSDMap.
type OSDInfo struct {
	State  OSDState
	Weight uint32       // how much of what it could hold it is given: 0x10000 is all, 0 is "out"
	Addrs  wire.AddrVec // for clients; of the last time that it was up
}

// Exists reports whether there is an osd of that number.
func (o OSDInfo) Exists() bool { return o.State&OSDExists != 0 }

// Up reports whether the monitors believe that the osd runs.
func (o OSDInfo) Up() bool { return o.State&(OSDExists|OSDUp) == OSDExists|OSDUp }

// In reports whether the osd is given data.
func (o OSDInfo) In() bool { return o.Exists() && o.Weight != 0 }

// PoolType is how a pool keeps its objects more than once.
type PoolType uint8

// The types of pools.
const (
	PoolReplicated PoolType = 1
	PoolErasure    PoolType = 3
)

// Pool is a pool in an OSDMap.
type Pool struct {
	ID      int64
	Name    string
	Type    PoolType
	Size    uint8 // copies, or pieces, of each object
	MinSize uint8 // how many must be there to write
	PGNum   uint32
	PGPNum  uint32
	Flags   uint64
}

// OSDMapFlags is the set of the flags of a cluster, which "ceph osd set" sets.
type OSDMapFlags uint32

var osdMapFlagNames = []struct {
	flag OSDMapFlags
	name string
}{
	{1 << 0, "nearfull"}, {1 << 1, "full"}, {1 << 2, "pauserd"}, {1 << 3, "pausewr"},
	{1 << 4, "pauserec"}, {1 << 5, "noup"}, {1 << 6, "nodown"}, {1 << 7, "noout"}, {1 << 8, "noin"},
	{1 << 9, "nobackfill"}, {1 << 10, "norecover"}, {1 << 11, "noscrub"}, {1 << 12, "nodeep-scrub"},
	{1 << 13, "notieragent"}, {1 << 14, "norebalance"}, {1 << 15, "sortbitwise"},
	{1 << 16, "require_jewel_osds"}, {1 << 17, "require_kraken_osds"},
	{1 << 18, "require_luminous_osds"}, {1 << 19, "recovery_deletes"},
	{1 << 20, "purged_snapdirs"}, {1 << 21, "nosnaptrim"}, {1 << 22, "pglog_hardlimit"},
	{1 << 23, "noautoscale"},
}

// Has reports whether a flag is set, by its name: "noout".
func (f OSDMapFlags) Has(name string) bool {
	for _, known := range osdMapFlagNames {
		if known.name == name {
			return f&known.flag != 0
		}
	}
	return false
}

// String returns the names of the flags, as "ceph osd dump" prints them: "noout,sortbitwise".
func (f OSDMapFlags) String() string {
	var names []string
	for _, known := range osdMapFlagNames {
		if f&known.flag != 0 {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ",")
}
