package messages

import (
	"encoding/binary"

	"simplemessenger/wire"
)

// What stands in the header of an OSDOpReply that Append has encoded: version 8, which Ceph 12.2 to
// 16.2 send.
const (
	OSDOpReplyVersion       uint16 = 8
	OSDOpReplyCompatVersion uint16 = 2
)

// OSDOpReply answers an OSDOp (MOSDOpReply, type 43); its header has the request's transaction id.
// What the steps have read stands in the message's data part, one after the other.
type OSDOpReply struct {
	Object           string
	PG               PG
	Flags            uint64
	Result           int32    // 0 or a negative errno
	BadReplayVersion EVersion // Version in the form that clients before Ceph 0.80 understand
	MapEpoch         uint32
	Ops              []ObjectOp // the request's, with the length of what they have read
	Retry            int32
	Results          []int32 // of each step
	Version          EVersion
	UserVersion      uint64
	Redirect         []byte // where to ask instead, encoded (request_redirect_t); empty for nowhere
	Trace            BlkinTrace
}

// Answer makes reply the answer to op, for a request that has read nothing. The memory that reply
// holds is used again.
func (reply *OSDOpReply) Answer(op *OSDOp, result int32) {
	*reply = OSDOpReply{Object: op.Object, PG: op.PG,
		Flags: uint64(op.Flags&^(FlagAck|FlagOnNVRAM) | FlagOnDisk), Result: result,
		MapEpoch: op.MapEpoch, Ops: append(reply.Ops[:0], op.Ops...), Retry: op.Retry,
		Results: reply.Results[:0]}
	for i := range reply.Ops {
		reply.Ops[i].PayloadLen = 0
		reply.Results = append(reply.Results, 0)
	}
}

// Header implements Payload.
func (*OSDOpReply) Header() Header {
	return Header{TypeOSDOpReply, OSDOpReplyVersion, OSDOpReplyCompatVersion}
}

// Append appends the front part that encodes reply to b. Results has as many elements as Ops.
//
//	object string · PG 17 · flags u64 · result i32 · bad replay version (u64, epoch u32) · map epoch u32 ·
//	count u32 and that many ObjectOp, 38 each · retry_attempt i32 · result of each i32 ·
//	replay version (u64, epoch u32) · user_version u64 · redirected u8 [redirect (1, 1, length)] · trace 24
func (reply *OSDOpReply) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = appendText(b, reply.Object)
	b = reply.PG.append(b)
	b = le.AppendUint64(b, reply.Flags)
	b = le.AppendUint32(b, uint32(reply.Result))
	b = reply.BadReplayVersion.append(b)
	b = le.AppendUint32(b, reply.MapEpoch)
	b = le.AppendUint32(b, uint32(len(reply.Ops)))
	for i := range reply.Ops {
		b = reply.Ops[i].append(b)
	}
	b = le.AppendUint32(b, uint32(reply.Retry))
	for _, r := range reply.Results {
		b = le.AppendUint32(b, uint32(r))
	}
	b = reply.Version.append(b)
	b = le.AppendUint64(b, reply.UserVersion)
	if len(reply.Redirect) == 0 {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		b = append(versionedHeader(b, 1, 1, len(reply.Redirect)), reply.Redirect...)
	}
	return reply.Trace.append(b)
}

// Decode reads a front part of the given version, which stands in the message's header. It keeps no
// reference to front. The memory that reply holds is used again.
func (reply *OSDOpReply) Decode(version uint16, front []byte) error {
	if version != OSDOpReplyVersion {
		return unknownVersion("MOSDOpReply", version)
	}
	r := frontReader{message: "MOSDOpReply", front: front}
	r.text(&reply.Object, "object")
	reply.PG = r.pg("pgid")
	reply.Flags = r.u64("flags")
	reply.Result = int32(r.u32("result"))
	reply.BadReplayVersion = r.eversion("bad_replay_version")
	reply.MapEpoch = r.u32("map_epoch")
	reply.Ops = r.objectOps(reply.Ops, r.count(objectOpSize, "ops"), "ops")
	reply.Retry = int32(r.u32("retry_attempt"))
	reply.Results = reply.Results[:0]
	for range reply.Ops {
		reply.Results = append(reply.Results, int32(r.u32("result of a step")))
	}
	reply.Version = r.eversion("replay_version")
	reply.UserVersion = r.u64("user_version")
	reply.Redirect = reply.Redirect[:0]
	switch redirected := r.u8("redirected"); redirected {
	case 0:
	case 1:
		end := r.versioned(1, "redirect")
		reply.Redirect = append(reply.Redirect, r.take(end-r.off, "redirect")...)
	default:
		r.fail(wire.ErrInvalid, "redirected")
	}
	reply.Trace = r.blkinTrace("trace")
	return r.finish()
}
