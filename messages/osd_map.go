package messages

import (
	"encoding/binary"
	"slices"

	"simplemessenger/wire"
)

// OSDMap is what a client needs of the map of a cluster's osds and pools: where the osds are, and
// which pools there are. Where in the cluster an object belongs (CRUSH) is passed over.
type OSDMap struct {
	FSID     UUID
	Epoch    uint32
	Created  wire.Timespec
	Modified wire.Timespec
	Flags    OSDMapFlags
	Pools    []Pool    // by id, ascending
	OSDs     []OSDInfo // by number; as long as the map's max_osd
}

// Versions of the map and of its part for clients: 14.2 writes 8 and 8, 16.2 writes 8 and 9, 18.2
// writes 8 and 10.
const (
	osdMapVersion        = 8
	osdMapCompat         = 7
	osdMapClientVersion  = 8
	osdMapClientCompat   = 1
	osdMapClientOldest   = 5
	osdMapExtendedCompat = 1
)

// Pool returns the pool of that name.
func (m *OSDMap) Pool(name string) (Pool, bool) {
	i := slices.IndexFunc(m.Pools, func(p Pool) bool { return p.Name == name })
	if i < 0 {
		return Pool{}, false
	}
	return m.Pools[i], true
}

// OSD returns what the map says of an osd; the zero value if there is none of that number.
func (m *OSDMap) OSD(id int64) OSDInfo {
	if id < 0 || id >= int64(len(m.OSDs)) {
		return OSDInfo{}
	}
	return m.OSDs[id]
}

// Append appends the encoding of m to b, with its part for clients in the version of Ceph 14.2.
// What an OSDMap does not have is empty in it: it is for test doubles, not for osds.
//
//	(8, 7, length) · part for clients (8, 1, length) · part for osds (1, 1, length 0) · crc u32
//
// The part for clients begins with
//
//	fsid 16 · epoch u32 · created 8 · modified 8 ·
//	pools (count u32, id i64 and Pool) · names (count u32, id i64 and string) ·
//	pool_max i32 · flags u32 · max_osd i32 · states (count u32, u32) · weights (count u32, u32) ·
//	addresses for clients (count u32, addrs)
func (m *OSDMap) Append(b []byte) []byte {
	return appendVersioned(b, osdMapVersion, osdMapCompat, func(b []byte) []byte {
		b = appendVersioned(b, osdMapClientVersion, osdMapClientCompat, m.appendClient)
		b = versionedHeader(b, osdMapExtendedCompat, osdMapExtendedCompat, 0)
		return binary.LittleEndian.AppendUint32(b, 0)
	})
}

func (m *OSDMap) appendClient(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, m.FSID[:]...)
	b = le.AppendUint32(b, m.Epoch)
	b = m.Created.Append(b)
	b = m.Modified.Append(b)
	poolMax := int64(0)
	b = le.AppendUint32(b, uint32(len(m.Pools)))
	for _, p := range m.Pools {
		b = p.append(le.AppendUint64(b, uint64(p.ID)))
		poolMax = max(poolMax, p.ID)
	}
	b = le.AppendUint32(b, uint32(len(m.Pools)))
	for _, p := range m.Pools {
		b = appendText(le.AppendUint64(b, uint64(p.ID)), p.Name)
	}
	b = le.AppendUint32(b, uint32(poolMax))
	b = le.AppendUint32(b, uint32(m.Flags))
	n := uint32(len(m.OSDs))
	b = le.AppendUint32(b, n)
	b = le.AppendUint32(b, n)
	for _, o := range m.OSDs {
		b = le.AppendUint32(b, uint32(o.State))
	}
	b = le.AppendUint32(b, n)
	for _, o := range m.OSDs {
		b = le.AppendUint32(b, o.Weight)
	}
	b = le.AppendUint32(b, n)
	for _, o := range m.OSDs {
		b = o.Addrs.Append(b)
	}
	// pg_temp, primary_temp, affinity, crush, profiles, upmaps (2), crush version, snapshots (2)
	return append(b, make([]byte, 10*4)...)
}

// Decode reads a map of Ceph 12.2 or later. What later versions add is passed over. It keeps no
// reference to b.
func (m *OSDMap) Decode(b []byte) error {
	*m = OSDMap{}
	r := frontReader{message: "OSDMap", front: b}
	version, end := r.versionOf(osdMapVersion, "osdmap")
	r.atLeast(version, osdMapCompat, "osdmap")
	clientVersion, clientEnd := r.versionOf(osdMapClientVersion, "client data")
	r.atLeast(clientVersion, osdMapClientOldest, "client data")
	m.FSID = r.uuid("fsid")
	m.Epoch = r.u32("epoch")
	m.Created, m.Modified = r.timespec("created"), r.timespec("modified")
	m.Pools = r.pools("pools")
	for _, name := range r.poolNames("pool_name") {
		if i, ok := findPool(m.Pools, name.ID); ok {
			m.Pools[i].Name = name.Name
		}
	}
	r.u32("pool_max")
	m.Flags = OSDMapFlags(r.u32("flags"))
	m.osds(&r)
	r.skipTo(clientEnd, "client data")
	r.skipTo(end, "osdmap")
	return r.finish()
}

// osds reads max_osd and the lists that have an element for each osd.
func (m *OSDMap) osds(r *frontReader) {
	n := r.u32("max_osd")
	if n > MaxOSDs {
		r.fail(wire.ErrTooLarge, "max_osd")
	}
	count := func(size int, field string) int {
		have := r.count(size, field)
		if uint32(have) != n && r.err == nil {
			r.fail(wire.ErrInvalid, field+" (count)")
		}
		return have
	}
	if have := count(4, "osd_state"); r.err == nil && have > 0 {
		m.OSDs = make([]OSDInfo, have)
	}
	for i := range m.OSDs {
		m.OSDs[i].State = OSDState(r.u32("osd_state"))
	}
	count(4, "osd_weight")
	for i := range m.OSDs {
		m.OSDs[i].Weight = r.u32("osd_weight")
	}
	count(5, "client_addr")
	for i := range m.OSDs {
		m.OSDs[i].Addrs = r.addrs("client_addr")
	}
}

func findPool(pools []Pool, id int64) (int, bool) {
	return slices.BinarySearchFunc(pools, id, func(p Pool, id int64) int {
		switch {
		case p.ID < id:
			return -1
		case p.ID > id:
			return 1
		}
		return 0
	})
}
