package messages_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

func newPayload(typ messages.Type) messages.Payload {
	if typ == messages.TypeOSDOp {
		return new(messages.OSDOp)
	}
	return new(messages.OSDOpReply)
}

// captured returns the messages of one type in all captures of real peers.
func captured(t *testing.T, typ messages.Type) (headers []wire.MessageHeader, fronts [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../testdata/captures/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatalf("captures: %v, %v", files, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := capture.Read(f)
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range decode.Connections(recorded) {
			for _, frame := range c.Frames {
				if frame.Kind != decode.KindTagged || frame.Tag != wire.TagMsg ||
					frame.Incomplete || len(frame.Malformed) > 0 {
					continue
				}
				var h wire.MessageHeader
				if err := h.Decode(frame.Bytes[1:]); err != nil {
					t.Fatal(err)
				}
				if messages.Type(h.Type) == typ {
					headers = append(headers, h)
					fronts = append(fronts, frame.Bytes[1+wire.MessageHeaderSize:][:h.FrontLen])
				}
			}
		}
	}
	return headers, fronts
}

func TestRealOSDOpsRoundTrip(t *testing.T) {
	headers, fronts := captured(t, messages.TypeOSDOp)
	if len(headers) < 20 {
		t.Fatalf("only %d MOSDOp in the captures", len(headers))
	}
	var op messages.OSDOp // used again for all, as a server does
	for i, h := range headers {
		if h.Version != messages.OSDOpVersion || h.CompatVersion != messages.OSDOpCompatVersion {
			t.Errorf("version %d compat %d", h.Version, h.CompatVersion)
		}
		if err := op.Decode(h.Version, fronts[i]); err != nil {
			t.Fatalf("%v\n%x", err, fronts[i])
		}
		if got := op.Append(nil); !bytes.Equal(got, fronts[i]) {
			t.Errorf("tid %d:\n got %x\nwant %x", h.TID, got, fronts[i])
		}
		if op.PayloadLen() != uint64(h.DataLen) {
			t.Errorf("payload of the steps is %d bytes, data part %d", op.PayloadLen(), h.DataLen)
		}
	}
}

func TestRealOSDOpRepliesRoundTrip(t *testing.T) {
	headers, fronts := captured(t, messages.TypeOSDOpReply)
	if len(headers) < 20 {
		t.Fatalf("only %d MOSDOpReply in the captures", len(headers))
	}
	var reply messages.OSDOpReply
	for i, h := range headers {
		if h.Version != messages.OSDOpReplyVersion ||
			h.CompatVersion != messages.OSDOpReplyCompatVersion {
			t.Errorf("version %d compat %d", h.Version, h.CompatVersion)
		}
		if err := reply.Decode(h.Version, fronts[i]); err != nil {
			t.Fatalf("%v\n%x", err, fronts[i])
		}
		if got := reply.Append(nil); !bytes.Equal(got, fronts[i]) {
			t.Errorf("tid %d:\n got %x\nwant %x", h.TID, got, fronts[i])
		}
	}
}

// What a real client sent says what the fields mean.
func TestRealOSDOpFields(t *testing.T) {
	_, fronts := captured(t, messages.TypeOSDOp)
	var op messages.OSDOp
	if err := op.Decode(messages.OSDOpVersion, fronts[0]); err != nil {
		t.Fatal(err)
	}
	step := messages.NewExtentOp(messages.OpWriteFull, 0, 2500, 2500)
	want := messages.OSDOp{
		PG: messages.PG{Pool: 1, Seed: 3}, Shard: -1, Hash: 0x9e834713, MapEpoch: 9,
		Flags:      messages.FlagOnDisk | messages.FlagWrite | 1<<22,
		ModifyTime: op.ModifyTime, Locator: messages.ObjectLocator{Pool: 1, Hash: -1},
		Object: "one-a2",
		Ops:    []messages.ObjectOp{step}, Snap: messages.NoSnap, Snaps: op.Snaps,
		Features: op.Features,
	}
	if diff := cmp.Diff(want, op); diff != "" {
		t.Error(diff)
	}
	if offset, length := op.Ops[0].Extent(); offset != 0 || length != 2500 {
		t.Errorf("extent %d~%d", offset, length)
	}
}

func TestAnswer(t *testing.T) {
	op := sampleOSDOp()
	var reply messages.OSDOpReply
	reply.Answer(&op, -2)
	step := op.Ops[0]
	step.PayloadLen = 0
	want := messages.OSDOpReply{Object: op.Object, PG: op.PG,
		Flags: uint64(messages.FlagWrite | messages.FlagOnDisk), Result: -2,
		MapEpoch: op.MapEpoch, Ops: []messages.ObjectOp{step}, Results: []int32{0}, Retry: op.Retry}
	if diff := cmp.Diff(want, reply); diff != "" {
		t.Error(diff)
	}
}

func sampleOSDOp() messages.OSDOp {
	return messages.OSDOp{
		PG: messages.PG{Pool: 7, Seed: 11}, Shard: 2, Hash: 99, MapEpoch: 5,
		Flags:     messages.FlagWrite | messages.FlagAck,
		RequestID: messages.RequestID{Name: wire.Client(4), TID: 6, Incarnation: -3},
		Trace:     messages.BlkinTrace{TraceID: 1, SpanID: 2, ParentSpanID: 3},
		ClientInc: 8, ModifyTime: wire.Timespec{Sec: 10, Nsec: 12}, Object: "object",
		Locator: messages.ObjectLocator{Pool: 7, Key: "key", Namespace: "space", Hash: 13},
		Ops:     []messages.ObjectOp{messages.NewExtentOp(messages.OpWrite, 4096, 512, 512)},
		Snap:    messages.NoSnap, SnapSeq: 14, Snaps: []uint64{14, 9}, Retry: 1, Features: 15,
	}
}

func sampleOSDOpReply() messages.OSDOpReply {
	return messages.OSDOpReply{
		Object: "object", PG: messages.PG{Pool: 7, Seed: 11}, Flags: 1 << 40, Result: -5,
		BadReplayVersion: messages.EVersion{Version: 1, Epoch: 2},
		MapEpoch:         3,
		Ops:              []messages.ObjectOp{messages.NewExtentOp(messages.OpRead, 0, 512, 512)},
		Retry:            -1, Results: []int32{-7},
		Version: messages.EVersion{Version: 4, Epoch: 5}, UserVersion: 6,
		Redirect: []byte("elsewhere"), Trace: messages.BlkinTrace{SpanID: 9},
	}
}

func TestSamplesRoundTrip(t *testing.T) {
	op, got := sampleOSDOp(), messages.OSDOp{}
	if err := got.Decode(messages.OSDOpVersion, op.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(op, got); diff != "" {
		t.Error(diff)
	}
	reply, gotReply := sampleOSDOpReply(), messages.OSDOpReply{}
	if err := gotReply.Decode(messages.OSDOpReplyVersion, reply.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reply, gotReply); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefusesOtherVersions(t *testing.T) {
	op, reply := sampleOSDOp(), sampleOSDOpReply()
	for version := range uint16(12) {
		if version == messages.OSDOpVersion {
			continue
		}
		if err := new(messages.OSDOp).Decode(version,
			op.Append(nil)); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("OSDOp version %d: %v", version, err)
		}
		if err := new(messages.OSDOpReply).Decode(version,
			reply.Append(nil)); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("OSDOpReply version %d: %v", version, err)
		}
	}
}

// Whatever is cut off is missed, whatever is too much is noticed, and damage never panics nor asks
// for much memory.
func TestDecodeDamage(t *testing.T) {
	op, reply := sampleOSDOp(), sampleOSDOpReply()
	random := rand.New(rand.NewPCG(1, 2))
	for typ, front := range map[messages.Type][]byte{messages.TypeOSDOp: op.Append(nil),
		messages.TypeOSDOpReply: reply.Append(nil)} {
		for n := range front {
			if err := newPayload(typ).Decode(8, front[:n:n]); !errors.Is(err, wire.ErrShort) {
				t.Errorf("%v: %d of %d bytes: %v", typ, n, len(front), err)
			}
		}
		if err := newPayload(typ).Decode(8, append(bytes.Clone(front),
			0)); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%v with a byte too many: %v", typ, err)
		}
		for range 5000 {
			damaged := bytes.Clone(front)
			for range 1 + random.IntN(3) {
				damaged[random.IntN(len(damaged))] = byte(random.Uint32())
			}
			p := newPayload(typ)
			if p.Decode(8, damaged) == nil {
				// What is not kept (versions, what is not used any more) comes out as we write it.
				if again := p.Append(nil); len(again) > len(damaged) {
					t.Fatalf("%v: decoded %d bytes, encoded %d\n%x", typ, len(damaged), len(again),
						damaged)
				}
			}
		}
	}
}

func TestDecodeAgainDoesNotAllocate(t *testing.T) {
	op, reply := sampleOSDOp(), sampleOSDOpReply()
	for _, front := range [][]byte{op.Append(nil)} {
		var again messages.OSDOp
		var answer messages.OSDOpReply
		b := make([]byte, 0, 512)
		answered := reply.Append(nil)
		n := testing.AllocsPerRun(100, func() {
			_ = again.Decode(messages.OSDOpVersion, front)
			b = again.Append(b[:0])
			_ = answer.Decode(messages.OSDOpReplyVersion, answered)
			b = answer.Append(b[:0])
		})
		if n != 0 {
			t.Errorf("%v allocations", n)
		}
		n = testing.AllocsPerRun(100, func() { answer.Answer(&again, 0) })
		if n != 0 {
			t.Errorf("%v allocations to answer", n)
		}
	}
}

func FuzzOSDOp(f *testing.F) {
	op := sampleOSDOp()
	f.Add(op.Append(nil))
	f.Fuzz(func(t *testing.T, front []byte) { decodeTwice(t, messages.TypeOSDOp, front) })
}

func FuzzOSDOpReply(f *testing.F) {
	reply := sampleOSDOpReply()
	f.Add(reply.Append(nil))
	f.Fuzz(func(t *testing.T, front []byte) { decodeTwice(t, messages.TypeOSDOpReply, front) })
}

// decodeTwice checks that what was decoded is encoded into something that decodes to the same.
func decodeTwice(t *testing.T, typ messages.Type, front []byte) {
	first, second := newPayload(typ), newPayload(typ)
	if first.Decode(8, front) != nil {
		return
	}
	encoded := first.Append(nil)
	if err := second.Decode(8, encoded); err != nil {
		t.Fatalf("%v\n%x\n%x", err, front, encoded)
	}
	if again := second.Append(nil); !bytes.Equal(encoded, again) {
		t.Fatalf("%x\n%x", encoded, again)
	}
}

func BenchmarkOSDOpDecodeAnswer(b *testing.B) {
	op := sampleOSDOp()
	front := op.Append(nil)
	var got messages.OSDOp
	var reply messages.OSDOpReply
	out := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		if err := got.Decode(messages.OSDOpVersion, front); err != nil {
			b.Fatal(err)
		}
		reply.Answer(&got, 0)
		out = reply.Append(out[:0])
	}
}
