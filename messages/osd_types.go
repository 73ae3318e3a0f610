package messages

import (
	"encoding/binary"

	"simplemessenger/wire"
)

// PG names a placement group (pg_t).
//
//	offset size field
//	     0    1 version, 1
//	     1    8 pool
//	     9    4 seed
//	    13    4 preferred: -1, not used any more
type PG struct {
	Pool uint64
	Seed uint32
}

func (g PG) append(b []byte) []byte {
	b = append(b, 1)
	b = binary.LittleEndian.AppendUint64(b, g.Pool)
	b = binary.LittleEndian.AppendUint32(b, g.Seed)
	return binary.LittleEndian.AppendUint32(b, 1<<32-1)
}

func (r *frontReader) pg(field string) PG {
	if v := r.u8(field); v != 1 {
		r.fail(wire.ErrInvalid, field+" (version)")
	}
	g := PG{r.u64(field), r.u32(field)}
	r.u32(field)
	return g
}

// RequestID names a request for ever (osd_reqid_t). A client leaves it zero: the request is then
// named by the client and the transaction id in the message's header.
type RequestID struct {
	Name        wire.EntityName
	TID         uint64
	Incarnation int32
}

// ObjectLocator says where to look for an object (object_locator_t).
type ObjectLocator struct {
	Pool      int64
	Key       string // takes the object's name's place in placement, if not empty
	Namespace string
	Hash      int64 // takes the place of the hash of name or key, unless it is -1
}

const objectLocatorSize = 8 + 4 + 4 + 4 + 8 // without the bytes of the two strings

func (l *ObjectLocator) append(b []byte) []byte {
	b = versionedHeader(b, 6, 3, objectLocatorSize+len(l.Key)+len(l.Namespace))
	b = binary.LittleEndian.AppendUint64(b, uint64(l.Pool))
	b = binary.LittleEndian.AppendUint32(b, 1<<32-1) // preferred, not used any more
	b = appendText(b, l.Key)
	b = appendText(b, l.Namespace)
	return binary.LittleEndian.AppendUint64(b, uint64(l.Hash))
}

func (r *frontReader) objectLocator(l *ObjectLocator, field string) {
	end := r.versioned(6, field)
	l.Pool = int64(r.u64(field))
	r.u32(field)
	r.text(&l.Key, field)
	r.text(&l.Namespace, field)
	l.Hash = int64(r.u64(field))
	r.skipTo(end, field)
}

// EVersion is a version of an object: which map, which update (eversion_t).
type EVersion struct {
	Version uint64
	Epoch   uint32
}

func (v EVersion) append(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(b, v.Version), v.Epoch)
}

func (r *frontReader) eversion(field string) EVersion {
	return EVersion{r.u64(field), r.u32(field)}
}

// What an ObjectOp may do, as far as this project needs it. 0x1000 reads, 0x2000 writes, 0x0200 is
// about data, 0x0500 about a placement group.
const (
	OpRead      uint16 = 0x1201
	OpStat      uint16 = 0x1202
	OpWrite     uint16 = 0x2201
	OpWriteFull uint16 = 0x2202
	OpDelete    uint16 = 0x2205
	OpCreate    uint16 = 0x220d
	OpListPG    uint16 = 0x1505 // see NewListOp and ObjectList
)

// Flags of OSDOp and OSDOpReply, as far as this project needs them.
const (
	FlagAck     uint32 = 0x01
	FlagOnNVRAM uint32 = 0x02
	FlagOnDisk  uint32 = 0x04
	FlagRetry   uint32 = 0x08 // sent before, under the same transaction id
	FlagRead    uint32 = 0x10
	FlagWrite   uint32 = 0x20
	// FlagIgnoreOverlay: what is in a cache in front of the pool does not matter.
	FlagIgnoreOverlay uint32 = 0x20000
	// FlagKnownRedirect: the sender understands OSDOpReply.Redirect.
	FlagKnownRedirect uint32 = 0x400000
)

// NoSnap is the snapshot id of an object's head.
const NoSnap uint64 = 1<<64 - 2

// objectOpSize is the encoded size of an ObjectOp in bytes.
const objectOpSize = 2 + 4 + 28 + 4

// ObjectOp is one step of a request (ceph_osd_op). How the Args are read depends on Op.
//
//	offset size field
//	     0    2 op
//	     2    4 flags
//	     6   28 args; of OpRead, OpWrite and OpWriteFull: offset u64, length u64, truncate_size u64, truncate_seq u32
//	    34    4 payload_len: how much of the message's data belongs to it
type ObjectOp struct {
	Op         uint16
	Flags      uint32
	Args       [28]byte
	PayloadLen uint32
}

// NewExtentOp returns the step op on length bytes from offset, of which payload are in the message.
func NewExtentOp(op uint16, offset, length uint64, payload uint32) ObjectOp {
	o := ObjectOp{Op: op, PayloadLen: payload}
	binary.LittleEndian.PutUint64(o.Args[0:], offset)
	binary.LittleEndian.PutUint64(o.Args[8:], length)
	return o
}

// Extent returns offset and length that a step on an extent is about.
func (o *ObjectOp) Extent() (offset, length uint64) {
	return binary.LittleEndian.Uint64(o.Args[0:]), binary.LittleEndian.Uint64(o.Args[8:])
}

func (o *ObjectOp) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, o.Op)
	b = binary.LittleEndian.AppendUint32(b, o.Flags)
	b = append(b, o.Args[:]...)
	return binary.LittleEndian.AppendUint32(b, o.PayloadLen)
}

// objectOps reads n steps into ops, whose memory it uses again.
func (r *frontReader) objectOps(ops []ObjectOp, n int, field string) []ObjectOp {
	ops = ops[:0]
	for range n {
		b := r.take(objectOpSize, field)
		if b == nil {
			return ops
		}
		o := ObjectOp{Op: binary.LittleEndian.Uint16(b), Flags: binary.LittleEndian.Uint32(b[2:]),
			PayloadLen: binary.LittleEndian.Uint32(b[34:])}
		copy(o.Args[:], b[6:34])
		ops = append(ops, o)
	}
	return ops
}

// BlkinTrace is the place of a request in a trace of many daemons (blkin_trace_info); zero if it is
// not traced.
type BlkinTrace struct {
	TraceID, SpanID, ParentSpanID uint64
}

func (t BlkinTrace) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, t.TraceID)
	b = binary.LittleEndian.AppendUint64(b, t.SpanID)
	return binary.LittleEndian.AppendUint64(b, t.ParentSpanID)
}

func (r *frontReader) blkinTrace(field string) BlkinTrace {
	return BlkinTrace{r.u64(field), r.u64(field), r.u64(field)}
}
