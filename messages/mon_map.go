package messages

import (
	"encoding/binary"
	"slices"
	"strings"

	"simplemessenger/wire"
)

// What stands in the header of a MonMap.
const (
	MonMapVersion       uint16 = 1
	MonMapCompatVersion uint16 = 1
)

// MonMap says which monitors a cluster has (MMonMap, type 4).
type MonMap struct {
	FSID        UUID
	Epoch       uint32
	LastChanged wire.Timespec
	Created     wire.Timespec
	// persistent and optional ones of the monitors, not those of the messenger
	Features      [2]uint64
	Monitors      []Monitor // by rank
	MinMonRelease uint8     // 14 for Nautilus
}

// Monitor is a monitor in a MonMap.
type Monitor struct {
	Name     string // "a" of mon.a; its messenger calls itself by the rank, mon.0
	Addrs    wire.AddrVec
	Priority uint16
}

// Versions of the map inside the message: 14.2 writes 7, 16.2 writes 9, and what has 6 or less is
// for peers older than 14.2.
const (
	monMapVersion   = 7
	monMapCompat    = 6
	monitorVersion  = 3
	monitorCompat   = 1
	featuresVersion = 1
)

// Header implements Payload.
func (*MonMap) Header() Header { return Header{TypeMonMap, MonMapVersion, MonMapCompatVersion} }

// Append appends the front part that encodes m to b, with the map in the version of Ceph 14.2.
//
//	u32 length of what follows · map (version 7, compat 6, length):
//	fsid 16 · epoch u32 · last_changed 8 · created 8 · persistent, optional features (1, 1, 8: u64) ·
//	mon_info (count u32, by name: name string · (3, 1, length: name string · addrs · priority u16)) ·
//	ranks (count u32, name string) · min_mon_release u8
func (m *MonMap) Append(b []byte) []byte {
	le := binary.LittleEndian
	start := len(b)
	b = le.AppendUint32(b, 0)
	b = versionedHeader(b, monMapVersion, monMapCompat, 0)
	body := len(b)
	b = append(b, m.FSID[:]...)
	b = le.AppendUint32(b, m.Epoch)
	b = m.LastChanged.Append(b)
	b = m.Created.Append(b)
	for _, f := range m.Features {
		b = versionedHeader(b, featuresVersion, featuresVersion, 8)
		b = le.AppendUint64(b, f)
	}
	b = le.AppendUint32(b, uint32(len(m.Monitors)))
	byName := slices.Clone(m.Monitors)
	slices.SortFunc(byName, func(a, b Monitor) int { return strings.Compare(a.Name, b.Name) })
	for _, mon := range byName {
		b = appendText(b, mon.Name)
		b = mon.append(b)
	}
	b = le.AppendUint32(b, uint32(len(m.Monitors)))
	for _, mon := range m.Monitors {
		b = appendText(b, mon.Name)
	}
	b = append(b, m.MinMonRelease)
	le.PutUint32(b[body-4:], uint32(len(b)-body))
	le.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

func (mon Monitor) append(b []byte) []byte {
	b = versionedHeader(b, monitorVersion, monitorCompat, 0)
	body := len(b)
	b = appendText(b, mon.Name)
	b = mon.Addrs.Append(b)
	b = binary.LittleEndian.AppendUint16(b, mon.Priority)
	binary.LittleEndian.PutUint32(b[body-4:], uint32(len(b)-body))
	return b
}

// Decode reads a front part of the given version, which stands in the message's header. What later
// versions of the map inside add to that of 14.2 is passed over. It keeps no reference to front.
func (m *MonMap) Decode(version uint16, front []byte) error {
	if version != MonMapVersion {
		return unknownVersion("MMonMap", version)
	}
	outer := frontReader{message: "MMonMap", front: front}
	inner := outer.take(outer.count(1, "monmap"), "monmap")
	if err := outer.finish(); err != nil {
		return err
	}
	if len(inner) > 0 && inner[0] < monMapCompat {
		return unknownVersion("MMonMap", uint16(inner[0]))
	}
	*m = MonMap{}
	r := frontReader{message: "MMonMap", front: inner}
	end := r.versioned(monMapVersion, "monmap")
	m.FSID = r.uuid("fsid")
	m.Epoch = r.u32("epoch")
	m.LastChanged = r.timespec("last_changed")
	m.Created = r.timespec("created")
	for i := range m.Features {
		end := r.versioned(featuresVersion, "features")
		m.Features[i] = r.u64("features")
		r.skipTo(end, "features")
	}
	byName := map[string]Monitor{}
	for range r.count(4+6, "mon_info") {
		r.take(r.count(1, "mon_info"), "mon_info") // the name, which comes again
		mon := r.monitor("mon_info")
		byName[mon.Name] = mon
	}
	for _, name := range r.texts("ranks") {
		mon, ok := byName[name]
		if !ok {
			r.fail(wire.ErrInvalid, "ranks")
			break
		}
		m.Monitors = append(m.Monitors, mon)
	}
	m.MinMonRelease = r.u8("min_mon_release")
	r.skipTo(end, "monmap")
	return r.finish()
}

func (r *frontReader) monitor(field string) (mon Monitor) {
	end := r.versioned(5, field) // 5 if the monitor has a place in the crush map
	r.text(&mon.Name, field)
	mon.Addrs = r.addrs(field)
	mon.Priority = r.u16(field)
	r.skipTo(end, field)
	return mon
}

// Rank returns the rank of the monitor of that name, or -1.
func (m *MonMap) Rank(name string) int {
	for rank, mon := range m.Monitors {
		if mon.Name == name {
			return rank
		}
	}
	return -1
}
