package messages

import "encoding/binary"

// What stands in the header of an OSDMaps.
const (
	OSDMapsVersion       uint16 = 4
	OSDMapsCompatVersion uint16 = 3
)

// OSDMaps brings maps of the osds, whole ones, or what has changed from one to the next (MOSDMap,
// type 41). Monitors and osds send it.
type OSDMaps struct {
	FSID         UUID
	Incrementals []EncodedMap // by epoch; see OSDMapIncremental.Decode
	Maps         []EncodedMap // whole ones, by epoch; see OSDMap.Decode
	// Oldest and Newest are the epochs that the sender keeps maps of.
	Oldest, Newest uint32
}

// EncodedMap is a map, or a change to one, that nobody has read yet.
type EncodedMap struct {
	Epoch uint32
	Bytes []byte
}

// Header implements Payload.
func (*OSDMaps) Header() Header { return Header{TypeOSDMap, OSDMapsVersion, OSDMapsCompatVersion} }

// Append appends the front part that encodes m to b.
//
//	fsid 16 · incremental maps, maps (each: count u32, and that many of epoch u32 · u32 length and bytes) ·
//	oldest u32 · newest u32 · snapshots that were removed in between: count u32, 0
func (m *OSDMaps) Append(b []byte) []byte {
	b = append(b, m.FSID[:]...)
	b = appendEncodedMaps(b, m.Incrementals)
	b = appendEncodedMaps(b, m.Maps)
	b = binary.LittleEndian.AppendUint32(b, m.Oldest)
	b = binary.LittleEndian.AppendUint32(b, m.Newest)
	return binary.LittleEndian.AppendUint32(b, 0)
}

func appendEncodedMaps(b []byte, all []EncodedMap) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(all)))
	for _, e := range all {
		b = binary.LittleEndian.AppendUint32(b, e.Epoch)
		b = appendBytes(b, e.Bytes)
	}
	return b
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *OSDMaps) Decode(version uint16, front []byte) error {
	if version < 3 || version > OSDMapsVersion {
		return unknownVersion("MOSDMap", version)
	}
	*m = OSDMaps{}
	r := frontReader{message: "MOSDMap", front: front}
	m.FSID = r.uuid("fsid")
	m.Incrementals = r.encodedMaps("incremental_maps")
	m.Maps = r.encodedMaps("maps")
	m.Oldest, m.Newest = r.u32("oldest_map"), r.u32("newest_map")
	if version >= 4 {
		for range r.count(8+4, "gap_removed_snaps") {
			r.u64("gap_removed_snaps")
			r.take(16*r.count(16, "gap_removed_snaps"), "gap_removed_snaps")
		}
	}
	return r.finish()
}

func (r *frontReader) encodedMaps(field string) (all []EncodedMap) {
	for range r.count(4+4, field) {
		e := EncodedMap{Epoch: r.u32(field), Bytes: r.bytes(field)}
		if r.err != nil {
			return nil
		}
		all = append(all, e)
	}
	return all
}
