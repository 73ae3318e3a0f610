package messages

import "encoding/binary"

// What stands in the header of an OSDBackoff.
const (
	OSDBackoffVersion       uint16 = 1
	OSDBackoffCompatVersion uint16 = 1
)

// What an OSDBackoff says.
const (
	// osd: keep your requests for the range to yourself, those sent as well
	BackoffBlock    uint8 = 1
	BackoffAckBlock uint8 = 2 // client: I do
	BackoffUnblock  uint8 = 3 // osd: send them now
)

// OSDBackoff is how an osd keeps requests away that it cannot serve at the moment (MOSDBackoff,
// type 61), such as those for a PG with too few copies. The client answers BackoffBlock with the
// same message and BackoffAckBlock, and after BackoffUnblock sends its requests again.
type OSDBackoff struct {
	PG       PG
	Shard    int8
	MapEpoch uint32
	Op       uint8
	ID       uint64 // of the backoff, within the connection
	Range    []byte // the objects that it is about: first and last (two hobject_t), encoded
}

// Header implements Payload.
func (*OSDBackoff) Header() Header {
	return Header{TypeOSDBackoff, OSDBackoffVersion, OSDBackoffCompatVersion}
}

// Append appends the front part that encodes m to b.
//
//	pgid (version 1, compat 1, length 18: PG 17, shard 1) · map epoch u32 · op u8 · id u64 · range, all that is left
func (m *OSDBackoff) Append(b []byte) []byte {
	b = versionedHeader(b, 1, 1, 18)
	b = m.PG.append(b)
	b = append(b, byte(m.Shard))
	b = binary.LittleEndian.AppendUint32(b, m.MapEpoch)
	b = append(b, m.Op)
	b = binary.LittleEndian.AppendUint64(b, m.ID)
	return append(b, m.Range...)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *OSDBackoff) Decode(version uint16, front []byte) error {
	if version != OSDBackoffVersion {
		return unknownVersion("MOSDBackoff", version)
	}
	r := frontReader{message: "MOSDBackoff", front: front}
	end := r.versioned(1, "pgid")
	m.PG = r.pg("pgid")
	m.Shard = int8(r.u8("pgid"))
	r.skipTo(end, "pgid")
	m.MapEpoch = r.u32("map_epoch")
	m.Op = r.u8("op")
	m.ID = r.u64("id")
	m.Range = append([]byte(nil), r.take(len(front)-r.off, "range")...)
	return r.finish()
}
