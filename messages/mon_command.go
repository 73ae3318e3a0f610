package messages

import "encoding/binary"

// What stands in the headers of a MonCommand and a MonCommandAck.
const (
	MonCommandVersion          uint16 = 1
	MonCommandCompatVersion    uint16 = 1
	MonCommandAckVersion       uint16 = 1
	MonCommandAckCompatVersion uint16 = 1
)

// MonCommand is a command to the monitors (MMonCommand, type 50), what "ceph" sends. Input stands
// in the message's data part.
type MonCommand struct {
	FSID    UUID     // of the cluster; a monitor of another one refuses
	Command []string // one JSON object in text, with the key "prefix"
}

// Header implements Payload.
func (*MonCommand) Header() Header {
	return Header{TypeMonCommand, MonCommandVersion, MonCommandCompatVersion}
}

// Append appends the front part that encodes m to b.
//
//	paxos 18 · fsid 16 · command (count u32 and that many strings)
func (m *MonCommand) Append(b []byte) []byte {
	b = appendPaxos(b, 0)
	b = append(b, m.FSID[:]...)
	return appendTexts(b, m.Command)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *MonCommand) Decode(version uint16, front []byte) error {
	if version != MonCommandVersion {
		return unknownVersion("MMonCommand", version)
	}
	r := frontReader{message: "MMonCommand", front: front}
	r.paxos()
	m.FSID = r.uuid("fsid")
	m.Command = r.texts("cmd")
	return r.finish()
}

// MonCommandAck answers a MonCommand (MMonCommandAck, type 51); its header has the command's
// transaction id. Output stands in the message's data part.
type MonCommandAck struct {
	Result  Errno
	Status  string // a line for people
	Command []string
	Version uint64 // of the map that has the command's effect
}

// Header implements Payload.
func (*MonCommandAck) Header() Header {
	return Header{TypeMonCommandAck, MonCommandAckVersion, MonCommandAckCompatVersion}
}

// Append appends the front part that encodes m to b.
//
//	paxos 18 · result i32 · status string · command (count u32 and that many strings)
func (m *MonCommandAck) Append(b []byte) []byte {
	b = appendPaxos(b, m.Version)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Result))
	b = appendText(b, m.Status)
	return appendTexts(b, m.Command)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *MonCommandAck) Decode(version uint16, front []byte) error {
	if version != MonCommandAckVersion {
		return unknownVersion("MMonCommandAck", version)
	}
	r := frontReader{message: "MMonCommandAck", front: front}
	m.Version = r.paxos()
	m.Result = Errno(r.u32("r"))
	r.text(&m.Status, "rs")
	m.Command = r.texts("cmd")
	return r.finish()
}
