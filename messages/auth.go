package messages

import "encoding/binary"

// What stands in the header of an Auth.
const (
	AuthVersion       uint16 = 1
	AuthCompatVersion uint16 = 1
)

// Auth is one request of a login to a monitor (MAuth, type 17).
type Auth struct {
	Protocol uint32 // wire.AuthUnknown in the first one
	Payload  []byte // the method's
	// of the MonMap that the sender has; the monitor sends its own if that is newer
	MonMapEpoch uint32
}

// Header implements Payload.
func (*Auth) Header() Header { return Header{TypeAuth, AuthVersion, AuthCompatVersion} }

// Append appends the front part that encodes m to b.
//
//	paxos 18 · protocol u32 · payload (u32 length and bytes) · monmap epoch u32
func (m *Auth) Append(b []byte) []byte {
	b = appendPaxos(b, 0)
	b = binary.LittleEndian.AppendUint32(b, m.Protocol)
	b = appendBytes(b, m.Payload)
	return binary.LittleEndian.AppendUint32(b, m.MonMapEpoch)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *Auth) Decode(version uint16, front []byte) error {
	if version != AuthVersion {
		return unknownVersion("MAuth", version)
	}
	r := frontReader{message: "MAuth", front: front}
	r.paxos()
	m.Protocol = r.u32("protocol")
	m.Payload = r.bytes("payload")
	m.MonMapEpoch = r.u32("monmap_epoch")
	return r.finish()
}
