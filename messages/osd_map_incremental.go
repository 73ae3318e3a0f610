package messages

import (
	"encoding/binary"

	"simplemessenger/wire"
)

// OSDMapIncremental is what has changed from one OSDMap to the next, as far as an OSDMap has it.
type OSDMapIncremental struct {
	FSID     UUID
	Epoch    uint32 // of the map that it leads to; it is for the map before it
	Modified wire.Timespec
	Full     *OSDMap // takes the place of the old map, and of all that follows; nil as a rule
	Flags    int32   // all of them; -1 if they stay
	MaxOSD   int32   // -1 if it stays
	Pools    []Pool  // new or changed, without their names
	Names    []PoolName
	OldPools []int64 // gone
	Up       []OSDBooted
	States   []OSDStateChange
	Weights  []OSDWeight
}

// PoolName is the name of a pool, new or another one.
type PoolName struct {
	ID   int64
	Name string
}

// OSDBooted says that an osd has come up, and where it is.
type OSDBooted struct {
	OSD   int32
	Addrs wire.AddrVec // for clients
}

// OSDStateChange says what is no longer so of an osd, or has become so.
type OSDStateChange struct {
	OSD  int32
	Bits OSDState // those that change; 0 stands for OSDUp. OSDExists: it is gone for good.
}

// OSDWeight is a new weight of an osd.
type OSDWeight struct {
	OSD    int32
	Weight uint32
}

// Versions of the part for clients: 14.2 and 16.2 write 8, 18.2 writes 9.
const (
	incrementalClientVersion = 8
	incrementalClientCompat  = 1
	incrementalClientOldest  = 5
)

// Append appends the encoding of m to b, for test doubles as that of OSDMap.
//
//	(8, 7, length) · part for clients (8, 1, length) · part for osds (1, 1, length 0) · crc u32 · crc u32
//
// The part for clients begins with
//
//	fsid 16 · epoch u32 · modified 8 · pool_max i64 · flags i32 · full map, crush (u32 length and bytes) ·
//	max_osd i32 · pools (count u32, id i64 and Pool) · names (count u32, id i64 and string) ·
//	pools that are gone (count u32, i64) · up (count u32, osd i32 and addrs) ·
//	states (count u32, osd i32 and bits u32) · weights (count u32, osd i32 and u32)
func (m *OSDMapIncremental) Append(b []byte) []byte {
	return appendVersioned(b, osdMapVersion, osdMapCompat, func(b []byte) []byte {
		b = appendVersioned(b, incrementalClientVersion, incrementalClientCompat, m.appendClient)
		b = versionedHeader(b, osdMapExtendedCompat, osdMapExtendedCompat, 0)
		return binary.LittleEndian.AppendUint64(b, 0)
	})
}

func (m *OSDMapIncremental) appendClient(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, m.FSID[:]...)
	b = le.AppendUint32(b, m.Epoch)
	b = m.Modified.Append(b)
	b = le.AppendUint64(b, noChange) // pool_max
	b = le.AppendUint32(b, uint32(m.Flags))
	var full []byte
	if m.Full != nil {
		full = m.Full.Append(nil)
	}
	b = appendBytes(b, full)
	b = appendBytes(b, nil) // crush
	b = le.AppendUint32(b, uint32(m.MaxOSD))
	b = le.AppendUint32(b, uint32(len(m.Pools)))
	for _, p := range m.Pools {
		b = p.append(le.AppendUint64(b, uint64(p.ID)))
	}
	b = le.AppendUint32(b, uint32(len(m.Names)))
	for _, n := range m.Names {
		b = appendText(le.AppendUint64(b, uint64(n.ID)), n.Name)
	}
	b = le.AppendUint32(b, uint32(len(m.OldPools)))
	for _, id := range m.OldPools {
		b = le.AppendUint64(b, uint64(id))
	}
	b = le.AppendUint32(b, uint32(len(m.Up)))
	for _, up := range m.Up {
		b = up.Addrs.Append(le.AppendUint32(b, uint32(up.OSD)))
	}
	b = le.AppendUint32(b, uint32(len(m.States)))
	for _, s := range m.States {
		b = le.AppendUint32(le.AppendUint32(b, uint32(s.OSD)), uint32(s.Bits))
	}
	b = le.AppendUint32(b, uint32(len(m.Weights)))
	for _, w := range m.Weights {
		b = le.AppendUint32(le.AppendUint32(b, uint32(w.OSD)), w.Weight)
	}
	// pg_temp, primary_temp, affinity, profiles new and old, upmaps (4), snapshots (2), two times
	return append(b, make([]byte, 11*4+2*8)...)
}

// noChange is how an encoding says that a number stays.
const noChange = 1<<64 - 1

// Decode reads the change of a map of Ceph 12.2 or later. What later versions add is passed over.
// It keeps no reference to b.
func (m *OSDMapIncremental) Decode(b []byte) error {
	*m = OSDMapIncremental{}
	r := frontReader{message: "OSDMap::Incremental", front: b}
	version, end := r.versionOf(osdMapVersion, "incremental")
	r.atLeast(version, osdMapCompat, "incremental")
	clientVersion, clientEnd := r.versionOf(incrementalClientVersion, "client data")
	r.atLeast(clientVersion, incrementalClientOldest, "client data")
	m.FSID = r.uuid("fsid")
	m.Epoch = r.u32("epoch")
	m.Modified = r.timespec("modified")
	r.u64("new_pool_max")
	m.Flags = int32(r.u32("new_flags"))
	if full := r.take(r.count(1, "fullmap"), "fullmap"); len(full) > 0 {
		m.Full = new(OSDMap)
		if err := m.Full.Decode(full); err != nil {
			r.fail(err, "fullmap")
		}
	}
	r.take(r.count(1, "crush"), "crush")
	m.MaxOSD = int32(r.u32("new_max_osd"))
	m.Pools = r.pools("new_pools")
	m.Names = r.poolNames("new_pool_names")
	for range r.count(8, "old_pools") {
		m.OldPools = append(m.OldPools, int64(r.u64("old_pools")))
	}
	m.osds(&r)
	r.skipTo(clientEnd, "client data")
	r.skipTo(end, "incremental")
	return r.finish()
}

// osds reads what happens to osds.
func (m *OSDMapIncremental) osds(r *frontReader) {
	for range r.count(4+5, "new_up_client") {
		m.Up = append(m.Up, OSDBooted{int32(r.u32("new_up_client")), r.addrs("new_up_client")})
	}
	for range r.count(4+4, "new_state") {
		m.States = append(m.States,
			OSDStateChange{int32(r.u32("new_state")), OSDState(r.u32("new_state"))})
	}
	for range r.count(4+4, "new_weight") {
		m.Weights = append(m.Weights,
			OSDWeight{int32(r.u32("new_weight")), r.u32("new_weight")})
	}
}
