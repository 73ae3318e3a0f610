package messages

import (
	"encoding/binary"

	"simplemessenger/wire"
)

// What stands in the header of a MgrMap.
const (
	MgrMapVersion       uint16 = 1
	MgrMapCompatVersion uint16 = 1
)

// MgrMap is what a client needs of the map of the managers (MMgrMap, type 0x704).
type MgrMap struct {
	Epoch       uint32
	ActiveAddrs wire.AddrVec
	ActiveGID   uint64 // its global id
	Available   bool   // it answers commands
	ActiveName  string // "x" of mgr.x; empty if none is active
	Standbys    []MgrStandby
}

// MgrStandby is a manager that waits to become the active one. The map does not say where it is.
type MgrStandby struct {
	GID  uint64
	Name string
}

// Versions of the map: what 14.2 to 18.2 write can be read by who knows version 6. We write the
// first one.
const (
	mgrMapVersion     = 1
	mgrMapKnown       = 6
	mgrStandbyVersion = 1
)

// Header implements Payload.
func (*MgrMap) Header() Header { return Header{TypeMgrMap, MgrMapVersion, MgrMapCompatVersion} }

// Append appends the front part that encodes m to b, with the map in its first version: for test
// doubles.
//
//	(1, 1, length: epoch u32 · addrs · global id u64 · available u8 · name string ·
//	standbys (count u32, global id u64 and (1, 1, length: global id u64 · name string)))
func (m *MgrMap) Append(b []byte) []byte {
	le := binary.LittleEndian
	return appendVersioned(b, mgrMapVersion, mgrMapVersion, func(b []byte) []byte {
		b = le.AppendUint32(b, m.Epoch)
		b = m.ActiveAddrs.Append(b)
		b = le.AppendUint64(b, m.ActiveGID)
		available := byte(0)
		if m.Available {
			available = 1
		}
		b = appendText(append(b, available), m.ActiveName)
		b = le.AppendUint32(b, uint32(len(m.Standbys)))
		for _, s := range m.Standbys {
			b = le.AppendUint64(b, s.GID)
			b = appendVersioned(b, mgrStandbyVersion, mgrStandbyVersion, func(b []byte) []byte {
				return appendText(le.AppendUint64(b, s.GID), s.Name)
			})
		}
		return b
	})
}

// Decode reads a front part of the given version, which stands in the message's header. What the
// map says of modules is passed over. It keeps no reference to front.
func (m *MgrMap) Decode(version uint16, front []byte) error {
	if version != MgrMapVersion {
		return unknownVersion("MMgrMap", version)
	}
	*m = MgrMap{}
	r := frontReader{message: "MMgrMap", front: front}
	end := r.versioned(mgrMapKnown, "mgrmap")
	m.Epoch = r.u32("epoch")
	m.ActiveAddrs = r.addrs("active_addrs")
	m.ActiveGID = r.u64("active_gid")
	m.Available = r.u8("available") != 0
	r.text(&m.ActiveName, "active_name")
	for range r.count(8+6, "standbys") {
		var s MgrStandby
		r.u64("standbys")
		end := r.versioned(mgrStandbyVersion, "standbys")
		s.GID = r.u64("standbys")
		r.text(&s.Name, "standbys")
		r.skipTo(end, "standbys")
		if r.err != nil {
			break
		}
		m.Standbys = append(m.Standbys, s)
	}
	r.skipTo(end, "mgrmap")
	return r.finish()
}
