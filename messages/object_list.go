package messages

import (
	"encoding/binary"
	"math/bits"

	"simplemessenger/wire"
)

// ListEnd is the result of an OpListPG that has come to the end of its placement group.
const ListEnd int32 = 1

// NewListOp returns the step that lists at most count objects of a placement group. Its payload is
// the cursor, where to go on: that of the ObjectList before, or ListStart. epoch is that of the
// osdmap by which the group was chosen.
func NewListOp(count uint64, epoch uint32, cursor []byte) ObjectOp {
	o := ObjectOp{Op: OpListPG, PayloadLen: uint32(len(cursor))}
	binary.LittleEndian.PutUint64(o.Args[0:], count)
	binary.LittleEndian.PutUint32(o.Args[8:], epoch)
	return o
}

// ListStart returns the cursor at the beginning of a placement group (hobject_t).
//
//	(4, 3, length: key string · object string · snap u64 · hash u32 · max u8 · namespace string · pool i64, the lowest)
func ListStart() []byte {
	return appendVersioned(nil, hobjectVersion, hobjectCompat, func(b []byte) []byte {
		b = append(b, make([]byte, 4+4+8+4+1+4)...)
		return binary.LittleEndian.AppendUint64(b, 1<<63)
	})
}

// ListNext returns the cursor behind the last object of a placement group, of a pool that has pgNum
// of them: where the next group begins, or the end of the pool. Groups stand in the order of their
// seeds with the bits reversed.
//
//	as ListStart, with snap NoSnap, the hash and the pool; at the end with max 1 alone
func ListNext(pg PG, pgNum uint32) []byte {
	width := bits.Len32(max(pgNum, 1) - 1) // how many bits of a hash tell the group
	if width > 0 && pg.Seed|1<<(width-1) >= pgNum {
		width-- // it has not been split as far as others
	}
	next := uint64(bits.Reverse32(pg.Seed)) + 1<<(32-width)
	return appendVersioned(nil, hobjectVersion, hobjectCompat, func(b []byte) []byte {
		le := binary.LittleEndian
		b = appendText(appendText(b, ""), "")
		if next>>32 != 0 {
			b = append(le.AppendUint32(le.AppendUint64(b, 0), 0), 1)
			return le.AppendUint64(appendText(b, ""), 1<<63)
		}
		b = le.AppendUint64(b, NoSnap)
		b = append(le.AppendUint32(b, bits.Reverse32(uint32(next))), 0)
		return le.AppendUint64(appendText(b, ""), pg.Pool)
	})
}

const (
	hobjectVersion = 4
	hobjectCompat  = 3
)

// ObjectList is what an OpListPG reads (pg_nls_response_t).
type ObjectList struct {
	Cursor  []byte // where the next step goes on
	Objects []ListedObject
}

// ListedObject is an object in an ObjectList.
type ListedObject struct {
	Namespace string
	Name      string
	Key       string // which takes the name's place in placement; empty as a rule
}

// Append appends the encoding of l to b.
//
//	(1, 1, length: cursor (4, 3, length) · objects (count u32: namespace string · name string · key string))
func (l *ObjectList) Append(b []byte) []byte {
	return appendVersioned(b, 1, 1, func(b []byte) []byte {
		b = append(b, l.Cursor...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(l.Objects)))
		for _, o := range l.Objects {
			b = appendText(appendText(appendText(b, o.Namespace), o.Name), o.Key)
		}
		return b
	})
}

// Decode reads what a step has read; what stands behind it is passed over. It keeps no reference to
// data.
func (l *ObjectList) Decode(data []byte) error {
	*l = ObjectList{}
	r := frontReader{message: "pg_nls_response", front: data}
	end := r.versioned(1, "response")
	start := r.off
	r.skipTo(r.versioned(hobjectVersion, "handle"), "handle")
	if r.err == nil {
		l.Cursor = append([]byte(nil), data[start:r.off]...)
	}
	for range r.count(3*4, "entries") {
		var o ListedObject
		r.text(&o.Namespace, "entries")
		r.text(&o.Name, "entries")
		r.text(&o.Key, "entries")
		if r.err != nil {
			break
		}
		l.Objects = append(l.Objects, o)
	}
	r.skipTo(end, "response")
	return r.err
}

// ObjectStat is what an OpStat reads.
//
//	size u64 · mtime 8
type ObjectStat struct {
	Size     uint64
	Modified wire.Timespec
}

// Append appends the encoding of s to b.
func (s ObjectStat) Append(b []byte) []byte {
	return s.Modified.Append(binary.LittleEndian.AppendUint64(b, s.Size))
}

// Decode reads what a step has read.
func (s *ObjectStat) Decode(data []byte) error {
	r := frontReader{message: "stat", front: data}
	s.Size, s.Modified = r.u64("size"), r.timespec("mtime")
	return r.finish()
}
