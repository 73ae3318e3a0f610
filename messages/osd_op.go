package messages

import (
	"encoding/binary"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// What stands in the header of an OSDOp that Append has encoded: version 8, which Ceph 12.2 to 16.2
// send when the session has the feature RESEND_ON_SPLIT, and which they read whatever the session
// has.
const (
	OSDOpVersion       uint16 = 8
	OSDOpCompatVersion uint16 = 3
)

// OSDOp is a client's request for one object (MOSDOp, type 42). The data of its steps stands in the
// message's data part, one after the other.
type OSDOp struct {
	PG         PG
	Shard      int8   // of an erasure-coded PG; -1 for none
	Hash       uint32 // of the object's name, before it is folded into PG.Seed
	MapEpoch   uint32
	Flags      uint32
	RequestID  RequestID
	Trace      BlkinTrace
	ClientInc  uint32
	ModifyTime wire.Timespec
	Locator    ObjectLocator
	Object     string
	Ops        []ObjectOp
	Snap       uint64 // NoSnap for the head
	SnapSeq    uint64
	Snaps      []uint64
	Retry      int32 // 0 for the first attempt, -1 if not known
	Features   uint64
}

const requestIDSize = wire.EntityNameSize + 8 + 4

// Header implements Payload.
func (*OSDOp) Header() Header { return Header{TypeOSDOp, OSDOpVersion, OSDOpCompatVersion} }

// Append appends the front part that encodes op to b.
//
//	pgid (version 1, compat 1, length 18: PG 17, shard 1) · hash u32 · map epoch u32 · flags u32 ·
//	request id (2, 2, 21: name 9, tid u64, incarnation u32) · trace 24 ·
//	client_inc u32 · mtime 8 · object_locator (6, 3, length) · object string ·
//	count u16 and that many ObjectOp, 38 each · snap u64 · snap_seq u64 · snaps (count u32, u64 each) ·
//	retry_attempt i32 · features u64
func (op *OSDOp) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = versionedHeader(b, 1, 1, 18)
	b = op.PG.append(b)
	b = append(b, byte(op.Shard))
	b = le.AppendUint32(b, op.Hash)
	b = le.AppendUint32(b, op.MapEpoch)
	b = le.AppendUint32(b, op.Flags)
	b = versionedHeader(b, 2, 2, requestIDSize)
	b = op.RequestID.Name.Append(b)
	b = le.AppendUint64(b, op.RequestID.TID)
	b = le.AppendUint32(b, uint32(op.RequestID.Incarnation))
	b = op.Trace.append(b)

	b = le.AppendUint32(b, op.ClientInc)
	b = op.ModifyTime.Append(b)
	b = op.Locator.append(b)
	b = appendText(b, op.Object)
	b = le.AppendUint16(b, uint16(len(op.Ops)))
	for i := range op.Ops {
		b = op.Ops[i].append(b)
	}
	b = le.AppendUint64(b, op.Snap)
	b = le.AppendUint64(b, op.SnapSeq)
	b = le.AppendUint32(b, uint32(len(op.Snaps)))
	for _, s := range op.Snaps {
		b = le.AppendUint64(b, s)
	}
	b = le.AppendUint32(b, uint32(op.Retry))
	return le.AppendUint64(b, op.Features)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front. The memory that op holds is used again: to decode many requests into one
// OSDOp costs no allocation each.
func (op *OSDOp) Decode(version uint16, front []byte) error {
	if version != OSDOpVersion {
		return unknownVersion("MOSDOp", version)
	}
	r := frontReader{message: "MOSDOp", front: front}
	end := r.versioned(1, "pgid")
	op.PG = r.pg("pgid")
	op.Shard = int8(r.u8("shard"))
	r.skipTo(end, "pgid")
	op.Hash = r.u32("hash")
	op.MapEpoch = r.u32("map_epoch")
	op.Flags = r.u32("flags")
	end = r.versioned(2, "reqid")
	op.RequestID = RequestID{r.entityName("reqid.name"), r.u64("reqid.tid"),
		int32(r.u32("reqid.inc"))}
	r.skipTo(end, "reqid")
	op.Trace = r.blkinTrace("trace")

	op.ClientInc = r.u32("client_inc")
	op.ModifyTime = wire.Timespec{Sec: r.u32("mtime"), Nsec: r.u32("mtime")}
	r.objectLocator(&op.Locator, "object_locator")
	r.text(&op.Object, "object")
	op.Ops = r.objectOps(op.Ops, r.fits(uint64(r.u16("ops")), objectOpSize, "ops"), "ops")
	op.Snap = r.u64("snap")
	op.SnapSeq = r.u64("snap_seq")
	op.Snaps = op.Snaps[:0]
	for range r.count(8, "snaps") {
		op.Snaps = append(op.Snaps, r.u64("snaps"))
	}
	op.Retry = int32(r.u32("retry_attempt"))
	op.Features = r.u64("features")
	return r.finish()
}

// PayloadLen returns how long the message's data part must be.
func (op *OSDOp) PayloadLen() uint64 {
	var n uint64
	for i := range op.Ops {
		n += uint64(op.Ops[i].PayloadLen)
	}
	return n
}

func (r *frontReader) entityName(field string) wire.EntityName {
	return wire.EntityName{Type: wire.EntityType(r.u8(field)), Num: int64(r.u64(field))}
}

func unknownVersion(message string, version uint16) error {
	return errors.WithMessagef(wire.ErrInvalid, "messages: decode %s: version %d is not known here",
		message, version)
}
