package messages

import (
	"encoding/binary"
	"maps"
	"slices"
)

// What stands in the header of a Config.
const (
	ConfigVersion       uint16 = 1
	ConfigCompatVersion uint16 = 1
)

// Config brings the options that the monitors keep for the receiver (MConfig, type 62): all of
// them.
type Config struct {
	Options map[string]string
}

// Header implements Payload.
func (*Config) Header() Header { return Header{TypeConfig, ConfigVersion, ConfigCompatVersion} }

// Append appends the front part that encodes m to b.
//
//	count u32, and that many of name string · value string, by name
func (m *Config) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.Options)))
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		b = appendText(appendText(b, name), m.Options[name])
	}
	return b
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *Config) Decode(version uint16, front []byte) error {
	if version != ConfigVersion {
		return unknownVersion("MConfig", version)
	}
	*m = Config{Options: map[string]string{}}
	r := frontReader{message: "MConfig", front: front}
	for range r.count(4+4, "config") {
		var name, value string
		r.text(&name, "config")
		r.text(&value, "config")
		if r.err != nil {
			break
		}
		m.Options[name] = value
	}
	return r.finish()
}
