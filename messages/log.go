package messages

import (
	"encoding/binary"
	"strconv"
	"time"

	"simplemessenger/wire"
)

// What stands in the header of a Log.
const (
	LogVersion       uint16 = 1
	LogCompatVersion uint16 = 1
)

// Log brings lines of the cluster's log (MLog, type 52).
type Log struct {
	FSID    UUID
	Version uint64 // of the log, with these lines in it
	Entries []LogEntry
}

// LogEntry is a line of the cluster's log.
type LogEntry struct {
	Name     NamedEntity     // who has written it, "mon.a"
	Entity   wire.EntityName // the same as its messenger calls itself
	Addrs    wire.AddrVec
	Stamp    wire.Timespec
	Seq      uint64 // of the writer's lines
	Priority LogPriority
	Text     string
	Channel  string // "cluster", "audit"
}

// NamedEntity names a daemon or client as people do: "mon.a" is {wire.EntityMon, "a"}.
type NamedEntity struct {
	Type wire.EntityType
	ID   string
}

// String returns the usual form, "mon.a".
func (n NamedEntity) String() string { return n.Type.String() + "." + n.ID }

// LogPriority says how bad it is what a line of the log tells.
type LogPriority uint16

// The priorities, the least one first.
const (
	LogDebug LogPriority = iota
	LogInfo
	LogSecurity
	LogWarning
	LogError
)

// String returns the name that Ceph's commands print: "INF".
func (p LogPriority) String() string {
	names := []string{"DBG", "INF", "SEC", "WRN", "ERR"}
	if int(p) < len(names) {
		return names[p]
	}
	return strconv.Itoa(int(p))
}

// Time returns when the line was written.
func (e *LogEntry) Time() time.Time { return e.Stamp.Time() }

// Versions of a line: 14.2 to 18.2 write 5 to who has the features of 14.2.
const (
	logEntryVersion = 5
	logEntryCompat  = 5
)

// Header implements Payload.
func (*Log) Header() Header { return Header{TypeLog, LogVersion, LogCompatVersion} }

// Append appends the front part that encodes m to b.
//
//	paxos 18 · fsid 16 · lines (count u32, LogEntry (5, 5, length))
//
// and a line is
//
//	type u32 · id string · entity name 9 · addrs · stamp 8 · seq u64 · priority u16 · text string · channel string
func (m *Log) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = appendPaxos(b, m.Version)
	b = append(b, m.FSID[:]...)
	b = le.AppendUint32(b, uint32(len(m.Entries)))
	for _, e := range m.Entries {
		b = appendVersioned(b, logEntryVersion, logEntryCompat, func(b []byte) []byte {
			b = le.AppendUint32(b, uint32(e.Name.Type))
			b = appendText(b, e.Name.ID)
			b = e.Entity.Append(b)
			b = e.Addrs.Append(b)
			b = e.Stamp.Append(b)
			b = le.AppendUint64(b, e.Seq)
			b = le.AppendUint16(b, uint16(e.Priority))
			b = appendText(b, e.Text)
			return appendText(b, e.Channel)
		})
	}
	return b
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front.
func (m *Log) Decode(version uint16, front []byte) error {
	if version != LogVersion {
		return unknownVersion("MLog", version)
	}
	*m = Log{}
	r := frontReader{message: "MLog", front: front}
	m.Version = r.paxos()
	m.FSID = r.uuid("fsid")
	for range r.count(6, "entries") {
		e := r.logEntry("entries")
		if r.err != nil {
			break
		}
		m.Entries = append(m.Entries, e)
	}
	return r.finish()
}

func (r *frontReader) logEntry(field string) (e LogEntry) {
	version, end := r.versionOf(logEntryVersion, field)
	r.atLeast(version, logEntryVersion, field)
	typ := r.u32(field)
	if typ > 0xff {
		r.fail(wire.ErrInvalid, field+" (type)")
	}
	e.Name.Type = wire.EntityType(typ)
	r.text(&e.Name.ID, field)
	e.Entity = r.entityName(field)
	e.Addrs = r.addrs(field)
	e.Stamp = r.timespec(field)
	e.Seq = r.u64(field)
	e.Priority = LogPriority(r.u16(field))
	r.text(&e.Text, field)
	r.text(&e.Channel, field)
	r.skipTo(end, field)
	return e
}
