package messages

import (
	"encoding/binary"
	"maps"
	"slices"

	"simplemessenger/wire"
)

// What stands in the headers of an OSDBoot and an OSDBeacon that Append has encoded, as Ceph 16.2
// sends them. 14.2 reads them too.
const (
	OSDBootVersion         uint16 = 7
	OSDBootCompatVersion   uint16 = 7
	OSDBeaconVersion       uint16 = 3
	OSDBeaconCompatVersion uint16 = 1
)

// OSDBoot asks the monitors to mark the sender up (MOSDBoot, type 71). Where clients find it they
// take from the connection by which it comes, who it is from the message's source.
type OSDBoot struct {
	Epoch   uint32 // of the osdmap that the osd knows
	Cluster UUID   // the fsid
	OSD     int32
	FSID    UUID // of the osd, as "osd new" was told
	// What it has of maps; all 0 for an osd that is new.
	CurrentMap, OldestMap, NewestMap uint32
	CleanThru, Mounted               uint32
	// Where other osds find it.
	HeartbeatBack, HeartbeatFront, ClusterAddrs wire.AddrVec
	BootEpoch                                   uint32
	Metadata                                    map[string]string // for "osd metadata"
	Features                                    wire.Features
}

// The part of an OSDBoot that an osd keeps on its disk: 14.2 writes version 8, 16.2 version 9.
const (
	superblockVersion = 8
	superblockCompat  = 5
	superblockKnown   = 9
)

// Append appends the front part that encodes m to b.
//
//	paxos 18 · superblock (8, 5, length: fsid 16 · osd i32 · current, oldest, newest map u32 each · weight f64 ·
//	features, three times (mask u64 · names (count u32, u64 and string)) · clean_thru u32 · mounted u32 · fsid of the osd 16 · 0 u32 · 0 u32) ·
//	heartbeat back, cluster addrs · boot epoch u32 · heartbeat front addrs ·
//	metadata (count u32, name string · value string, by name) · features u64
func (m *OSDBoot) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = appendPaxos(b, uint64(m.Epoch))
	b = appendVersioned(b, superblockVersion, superblockCompat, func(b []byte) []byte {
		b = append(b, m.Cluster[:]...)
		for _, v := range []uint32{uint32(m.OSD), m.CurrentMap, m.OldestMap, m.NewestMap} {
			b = le.AppendUint32(b, v)
		}
		b = append(b, make([]byte, 8+3*(8+4))...)
		b = le.AppendUint32(le.AppendUint32(b, m.CleanThru), m.Mounted)
		b = append(b, m.FSID[:]...)
		return append(b, make([]byte, 4+4)...)
	})
	b = m.ClusterAddrs.Append(m.HeartbeatBack.Append(b))
	b = m.HeartbeatFront.Append(le.AppendUint32(b, m.BootEpoch))
	b = le.AppendUint32(b, uint32(len(m.Metadata)))
	for _, name := range slices.Sorted(maps.Keys(m.Metadata)) {
		b = appendText(appendText(b, name), m.Metadata[name])
	}
	return le.AppendUint64(b, uint64(m.Features))
}

// Header implements Payload.
func (*OSDBoot) Header() Header {
	return Header{TypeOSDBoot, OSDBootVersion, OSDBootCompatVersion}
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *OSDBoot) Decode(version uint16, front []byte) error {
	if version != OSDBootVersion {
		return unknownVersion("MOSDBoot", version)
	}
	*m = OSDBoot{Metadata: map[string]string{}}
	r := frontReader{message: "MOSDBoot", front: front}
	m.Epoch = uint32(r.paxos())
	end := r.versioned(superblockKnown, "superblock")
	m.Cluster = r.uuid("superblock.cluster_fsid")
	m.OSD = int32(r.u32("superblock.whoami"))
	m.CurrentMap, m.OldestMap = r.u32("superblock.current_epoch"), r.u32("superblock.oldest_map")
	m.NewestMap = r.u32("superblock.newest_map")
	r.take(8, "superblock.weight")
	for range 3 {
		r.featureSet("superblock.compat_features")
	}
	m.CleanThru, m.Mounted = r.u32("superblock.clean_thru"), r.u32("superblock.mounted")
	m.FSID = r.uuid("superblock.osd_fsid")
	r.skipTo(end, "superblock")
	m.HeartbeatBack, m.ClusterAddrs = r.addrs("hb_back_addrs"), r.addrs("cluster_addrs")
	m.BootEpoch = r.u32("boot_epoch")
	m.HeartbeatFront = r.addrs("hb_front_addrs")
	for range r.count(4+4, "metadata") {
		var name, value string
		r.text(&name, "metadata")
		r.text(&value, "metadata")
		if r.err != nil {
			break
		}
		m.Metadata[name] = value
	}
	m.Features = wire.Features(r.u64("osd_features"))
	return r.finish()
}

// featureSet passes over one of the sets of what an osd's disk is like.
func (r *frontReader) featureSet(field string) {
	r.u64(field)
	for range r.count(8+4, field) {
		r.u64(field)
		r.take(r.count(1, field), field)
	}
}

// OSDBeacon tells the monitors that its sender lives (MOSDBeacon, type 79). An osd of which they
// have not heard for mon_osd_report_timeout, 15 minutes, is marked down.
type OSDBeacon struct {
	Epoch        uint32 // of the osdmap that the osd knows
	PGs          []PG   // those of which it is the primary
	MinLastClean uint32
	SnapScrub    wire.Timespec // when it last looked for snapshots that should be gone
	// Interval is how often it says so, in seconds (osd_beacon_report_interval).
	Interval uint32
}

// Append appends the front part that encodes m to b.
//
//	paxos 18 · pgs (count u32, PG 17 each) · min_last_epoch_clean u32 · last_purged_snaps_scrub 8 · report interval u32
func (m *OSDBeacon) Append(b []byte) []byte {
	b = appendPaxos(b, uint64(m.Epoch))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.PGs)))
	for _, pg := range m.PGs {
		b = pg.append(b)
	}
	b = m.SnapScrub.Append(binary.LittleEndian.AppendUint32(b, m.MinLastClean))
	return binary.LittleEndian.AppendUint32(b, m.Interval)
}

// Header implements Payload.
func (*OSDBeacon) Header() Header {
	return Header{TypeOSDBeacon, OSDBeaconVersion, OSDBeaconCompatVersion}
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *OSDBeacon) Decode(version uint16, front []byte) error {
	if version != OSDBeaconVersion {
		return unknownVersion("MOSDBeacon", version)
	}
	*m = OSDBeacon{}
	r := frontReader{message: "MOSDBeacon", front: front}
	m.Epoch = uint32(r.paxos())
	for range r.count(1+8+4+4, "pgs") {
		m.PGs = append(m.PGs, r.pg("pgs"))
	}
	m.MinLastClean = r.u32("min_last_epoch_clean")
	m.SnapScrub = r.timespec("last_purged_snaps_scrub")
	m.Interval = r.u32("osd_beacon_report_interval")
	return r.finish()
}
