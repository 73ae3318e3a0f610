package messages

import "encoding/binary"

// What stands in the header of an AuthReply.
const (
	AuthReplyVersion       uint16 = 1
	AuthReplyCompatVersion uint16 = 1
)

// AuthReply is a monitor's answer to an Auth (MAuthReply, type 18).
type AuthReply struct {
	Protocol uint32 // the method that the monitor chose
	Result   int32  // 0, or a negative errno
	GlobalID uint64
	Payload  []byte // the method's
	Message  string // why not, though monitors do not say
}

// Header implements Payload.
func (*AuthReply) Header() Header {
	return Header{TypeAuthReply, AuthReplyVersion, AuthReplyCompatVersion}
}

// Append appends the front part that encodes m to b.
//
//	protocol u32 · result i32 · global_id u64 · payload (u32 length and bytes) · message string
func (m *AuthReply) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, m.Protocol)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Result))
	b = binary.LittleEndian.AppendUint64(b, m.GlobalID)
	b = appendBytes(b, m.Payload)
	return appendText(b, m.Message)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *AuthReply) Decode(version uint16, front []byte) error {
	if version != AuthReplyVersion {
		return unknownVersion("MAuthReply", version)
	}
	r := frontReader{message: "MAuthReply", front: front}
	m.Protocol = r.u32("protocol")
	m.Result = int32(r.u32("result"))
	m.GlobalID = r.u64("global_id")
	m.Payload = r.bytes("payload")
	r.text(&m.Message, "result_msg")
	return r.finish()
}
