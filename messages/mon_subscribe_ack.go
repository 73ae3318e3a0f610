package messages

import "encoding/binary"

// What stands in the header of a MonSubscribeAck.
const (
	MonSubscribeAckVersion       uint16 = 1
	MonSubscribeAckCompatVersion uint16 = 1
)

// MonSubscribeAck answers a MonSubscribe of somebody without the feature MON_STATEFUL_SUB
// (MMonSubscribeAck, type 16): the subscription ends unless it is renewed in time. With that
// feature it lasts as long as the session, and there is no answer.
type MonSubscribeAck struct {
	Interval uint32 // seconds
	FSID     UUID
}

// Header implements Payload.
func (*MonSubscribeAck) Header() Header {
	return Header{TypeMonSubscribeAck, MonSubscribeAckVersion, MonSubscribeAckCompatVersion}
}

// Append appends the front part that encodes m to b.
//
//	interval u32 · fsid 16
func (m *MonSubscribeAck) Append(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, m.Interval), m.FSID[:]...)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *MonSubscribeAck) Decode(version uint16, front []byte) error {
	if version != MonSubscribeAckVersion {
		return unknownVersion("MMonSubscribeAck", version)
	}
	r := frontReader{message: "MMonSubscribeAck", front: front}
	m.Interval = r.u32("interval")
	m.FSID = r.uuid("fsid")
	return r.finish()
}
