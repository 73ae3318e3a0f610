package messages

import "encoding/binary"

// What stands in the header of a MonSubscribe.
const (
	MonSubscribeVersion       uint16 = 3
	MonSubscribeCompatVersion uint16 = 1
)

// MonSubscribe asks a monitor for a map, and for its successors as they come (MMonSubscribe, type
// 15). What it asks for is added to what the session has.
type MonSubscribe struct {
	What     []Subscription // by name, ascending
	Hostname string         // of the sender, for people
}

// Subscription is what a MonSubscribe asks for.
type Subscription struct {
	Name  string // "monmap", "osdmap", "mgrmap", "config", ...
	Start uint64 // the first epoch that is wanted
	Once  bool   // that one only, not what comes after it
}

const subscribeOnce = 1

// Header implements Payload.
func (*MonSubscribe) Header() Header {
	return Header{TypeMonSubscribe, MonSubscribeVersion, MonSubscribeCompatVersion}
}

// Append appends the front part that encodes m to b.
//
//	count u32 and that many of (name string · start u64 · flags u8) · hostname string
func (m *MonSubscribe) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.What)))
	for _, s := range m.What {
		b = appendText(b, s.Name)
		b = binary.LittleEndian.AppendUint64(b, s.Start)
		var flags byte
		if s.Once {
			flags = subscribeOnce
		}
		b = append(b, flags)
	}
	return appendText(b, m.Hostname)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *MonSubscribe) Decode(version uint16, front []byte) error {
	if version < 2 || version > MonSubscribeVersion {
		return unknownVersion("MMonSubscribe", version)
	}
	r := frontReader{message: "MMonSubscribe", front: front}
	*m = MonSubscribe{}
	for range r.count(4+8+1, "what") {
		var s Subscription
		r.text(&s.Name, "name")
		s.Start = r.u64("start")
		s.Once = r.u8("flags")&subscribeOnce != 0
		m.What = append(m.What, s)
	}
	if version >= 3 {
		r.text(&m.Hostname, "hostname")
	}
	return r.finish()
}
