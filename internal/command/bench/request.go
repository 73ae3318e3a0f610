package bench

import (
	"simplemessenger/messages"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// template is what all requests of one stream have in common: a write of its data to one object, as
// ceph_perf_msgr_client sends it.
type template struct {
	op       messages.OSDOp
	data     []byte
	priority uint16
}

func newTemplate(size int, priority uint16) *template {
	return &template{
		op: messages.OSDOp{
			PG: messages.PG{Pool: 1}, Shard: -1, Flags: messages.FlagWrite | messages.FlagOnDisk,
			Locator: messages.ObjectLocator{Pool: 1, Hash: -1}, Object: "object-name",
			Ops: []messages.ObjectOp{messages.NewExtentOp(messages.OpWrite, 0, uint64(size),
				uint32(size))},
			Snap: messages.NoSnap, Retry: -1, Features: uint64(wire.FeaturesSupported),
		},
		data:     make([]byte, size),
		priority: priority,
	}
}

// request is a message and the memory for its front part, in one piece.
type request struct {
	message simplemsgr.Message
	front   [224]byte
}

// message returns a new request, encoded. Only the data is shared with others.
func (t *template) message(tid uint64) *simplemsgr.Message {
	r := new(request)
	r.message = simplemsgr.Message{
		Type: uint16(messages.TypeOSDOp), Version: messages.OSDOpVersion,
		CompatVersion: messages.OSDOpCompatVersion,
		TID:           tid, Priority: t.priority, Front: t.op.Append(r.front[:0]), Data: t.data,
	}
	return &r.message
}
