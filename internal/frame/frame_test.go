package frame_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	pkgerrors "github.com/pkg/errors"

	"simplemessenger/internal/frame"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// xor signs with a number that depends on the header and the checksums.
type xor uint64

func (x xor) of(h *wire.MessageHeader, f *wire.Footer) uint64 {
	return uint64(x) ^ h.Seq ^ uint64(f.FrontCRC)<<32 ^ uint64(f.DataCRC)
}

func (x xor) Sign(h *wire.MessageHeader, f *wire.Footer) error {
	f.Signature, f.Flags = x.of(h, f), f.Flags|wire.FooterSigned
	return nil
}

var errSignature = errors.New("wrong signature")

func (x xor) Check(h *wire.MessageHeader, f *wire.Footer) error {
	if f.Signature != x.of(h, f) {
		return errSignature
	}
	return nil
}

// formats are all that two sides may come to use.
var formats = map[string]frame.Format{
	"plain":          {Features: wire.FeatureMsgAuth},
	"old footer":     {},
	"no checksums":   {Features: wire.FeatureMsgAuth, NoCRCHeader: true, NoCRCData: true},
	"signed":         {Features: wire.FeatureMsgAuth, Security: xor(77)},
	"no data sum":    {Features: wire.FeatureMsgAuth, NoCRCData: true},
	"no header sums": {NoCRCHeader: true},
}

func whole(b *frame.Batch) []byte {
	if all, ok := b.Bytes(); ok {
		return slices.Clone(all)
	}
	return bytes.Join(b.Pieces(), nil)
}

func message(t testing.TB, f *frame.Format, p frame.Parts) []byte {
	t.Helper()
	b := frame.NewBatch()
	b.Header = header(p)
	if !b.Fits(&p) {
		t.Fatal("an empty batch has no room")
	}
	if err := b.Message(f, &p); err != nil {
		t.Fatal(err)
	}
	return whole(&b)
}

func header(p frame.Parts) wire.MessageHeader {
	return wire.MessageHeader{Seq: 5, TID: 6, Type: 7, Priority: 127, Version: 1,
		FrontLen:  uint32(len(p.Front)),
		MiddleLen: uint32(len(p.Middle)), DataLen: uint32(len(p.Data)), Source: wire.OSD(3)}
}

// read takes a message apart as a reader does: header, parts, footer, checks.
func read(f *frame.Format, b []byte,
	limit uint64) (h wire.MessageHeader, p frame.Parts, err error) {
	next := func(n int) []byte {
		part := b[:n]
		b = b[n:]
		return part
	}
	if len(b) < 1+wire.MessageHeaderSize || wire.Tag(next(1)[0]) != wire.TagMsg {
		return h, p, errShort
	}
	if err := f.DecodeHeader(&h, next(wire.MessageHeaderSize), limit); err != nil {
		return h, p, err
	}
	if uint64(len(b)) < h.PayloadLen()+uint64(f.FooterSize()) {
		return h, p, errShort
	}
	p = frame.Parts{Front: next(int(h.FrontLen)), Middle: next(int(h.MiddleLen)),
		Data: next(int(h.DataLen))}
	var footer, computed wire.Footer
	if err := f.DecodeFooter(&footer, next(f.FooterSize())); err != nil {
		return h, p, err
	}
	computed = wire.Footer{FrontCRC: wire.CRC(0, p.Front), MiddleCRC: wire.CRC(0, p.Middle),
		DataCRC: wire.CRC(0, p.Data)}
	return h, p, f.Check(&h, &footer, &computed)
}

var errShort = errors.New("short")

func parts() map[string]frame.Parts {
	return map[string]frame.Parts{
		"nothing": {},
		"small":   {Front: []byte("front"), Middle: []byte("middle"), Data: []byte("data")},
		"large": {Front: bytes.Repeat([]byte("f"), frame.MaxCopiedPart+1),
			Data: bytes.Repeat([]byte("d"), 1<<20)},
		"limit": {Front: make([]byte, frame.MaxCopiedPart),
			Middle: make([]byte, frame.MaxCopiedPart), Data: make([]byte, frame.MaxCopiedPart)},
	}
}

func TestMessagesComeBack(t *testing.T) {
	for format, f := range formats {
		for name, p := range parts() {
			b := message(t, &f, p)
			h, got, err := read(&f, b, 1<<30)
			if err != nil {
				t.Errorf("%s, %s: %v", format, name, err)
			}
			if h.Seq != 5 || h.TID != 6 || h.Type != 7 || h.Source != wire.OSD(3) ||
				!bytes.Equal(p.Front, got.Front) || !bytes.Equal(p.Middle, got.Middle) ||
				!bytes.Equal(p.Data, got.Data) {
				t.Errorf("%s, %s: came back as %+v", format, name, h)
			}
		}
	}
}

// A byte that changes on the way is noticed, wherever it is, unless nothing is computed over it.
func TestEveryByteIsChecked(t *testing.T) {
	p := frame.Parts{Front: []byte("front"), Middle: []byte("mid"), Data: []byte("data")}
	for _, format := range []string{"plain", "signed", "old footer"} {
		f := formats[format]
		b := message(t, &f, p)
		footer := len(b) - f.FooterSize()
		for i := 1; i < len(b); i++ {
			// Of the footer flags and a signature that nobody checks are not covered.
			if f.Security == nil && i >= footer+12 || i == len(b)-1 {
				continue
			}
			broken := slices.Clone(b)
			broken[i] ^= 0x10
			if _, _, err := read(&f, broken, 1<<30); err == nil {
				t.Errorf("%s: byte %d of %d may change", format, i, len(b))
			}
		}
	}
}

func TestBadMessages(t *testing.T) {
	plain := formats["plain"]
	p := frame.Parts{Front: []byte("front"), Data: []byte("data")}
	good := message(t, &plain, p)
	off := frame.Format{Features: wire.FeatureMsgAuth, NoCRCHeader: true}
	lossless := func(change func([]byte)) []byte {
		b := slices.Clone(good)
		change(b)
		return b
	}
	flags := len(good) - 1
	huge := header(p)
	huge.FrontLen, huge.MiddleLen, huge.DataLen = 1<<31, 1<<31, 100 // the sum is 100 in 32 bits
	for _, test := range []struct {
		what string
		b    []byte
		want error
	}{
		{"a part is broken", lossless(func(b []byte) {
			b[1+wire.MessageHeaderSize] ^= 1
		}), wire.ErrCRC},
		{"given up by its sender", lossless(func(b []byte) {
			b[flags] &^= byte(wire.FooterComplete)
		}), frame.ErrAborted},
		{"the peer computes no header checksums", message(t, &off, p), frame.ErrCRCOff},
		{"too large, and more than 32 bits", huge.AppendWithCRC([]byte{byte(wire.TagMsg)}),
			protocol.ErrMessageTooLarge},
	} {
		if _, _, err := read(&plain, test.b, 1<<20); !pkgerrors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.what, err, test.want)
		}
	}
	other := frame.Format{Features: wire.FeatureMsgAuth, Security: xor(78)}
	signed := formats["signed"]
	if _, _, err := read(&other, message(t, &signed, p), 1<<20); err != errSignature {
		t.Errorf("signed with another key: %v", err)
	}
}

// Control frames, byte by byte.
func TestControlFrames(t *testing.T) {
	stamp := wire.Timespec{Sec: 0x01020304, Nsec: 0x05060708}
	old, new := formats["plain"], frame.Format{Features: wire.FeatureMsgrKeepalive2}
	b := frame.NewBatch()
	if tag := b.Keepalive(&old, stamp); tag != wire.TagKeepalive {
		t.Errorf("a peer without KEEPALIVE2 gets %v", tag)
	}
	if tag := b.Keepalive(&new, stamp); tag != wire.TagKeepalive2 {
		t.Errorf("a peer with KEEPALIVE2 gets %v", tag)
	}
	b.KeepaliveAck(stamp)
	b.Ack(0x0102030405060708)
	b.Close()
	encoded := []byte{4, 3, 2, 1, 8, 7, 6, 5}
	want := slices.Concat([]byte{byte(wire.TagKeepalive)}, []byte{byte(wire.TagKeepalive2)},
		encoded,
		[]byte{byte(wire.TagKeepalive2Ack)}, encoded, []byte{byte(wire.TagAck), 8, 7, 6, 5, 4, 3, 2,
			1}, []byte{byte(wire.TagClose)})
	if diff := cmp.Diff(want, whole(&b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.Reset(); len(whole(&b)) != 0 {
		t.Error("something is left")
	}
}

// A batch of many messages is what each alone is, back to back, wherever it must be sent in
// between.
func TestBatchesAreGapless(t *testing.T) {
	f := formats["plain"]
	var want, got []byte
	b := frame.NewBatch()
	for i := range 300 {
		p := frame.Parts{Front: bytes.Repeat([]byte{byte(i)}, i*37%9000),
			Data: bytes.Repeat([]byte{byte(i)}, i*101%20000)}
		want = append(want, message(t, &f, p)...)
		if !b.Fits(&p) {
			got = append(got, whole(&b)...)
			b.Reset()
		}
		b.Header = header(p)
		if err := b.Message(&f, &p); err != nil {
			t.Fatal(err)
		}
	}
	if got = append(got, whole(&b)...); !bytes.Equal(want, got) {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}

// FuzzMessage: whatever comes is read or refused, and what is read is what its checksums say.
func FuzzMessage(f *testing.F) {
	for _, name := range []string{"plain", "signed"} {
		format := formats[name]
		for _, p := range parts() {
			f.Add(message(f, &format, p), name == "signed")
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, signed bool) {
		format := formats["plain"]
		if signed {
			format = formats["signed"]
		}
		h, p, err := read(&format, b, 1<<20)
		if err != nil {
			return
		}
		if h.PayloadLen() > 1<<20 || len(p.Front) != int(h.FrontLen) {
			t.Errorf("%d bytes for %+v", len(p.Front), h)
		}
		again := frame.NewBatch()
		again.Header = h
		if err := again.Message(&format, &p); err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(&format, whole(&again), 1<<20); err != nil {
			t.Errorf("written again it cannot be read: %v", err)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	for name, p := range map[string]frame.Parts{
		"0B": {}, "4KiB": {Data: make([]byte, 4<<10)}, "64KiB": {Data: make([]byte, 64<<10)},
	} {
		format, batch := formats["plain"], frame.NewBatch()
		b.Run("write/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(p.Data)))
			for b.Loop() {
				if !batch.Fits(&p) {
					batch.Reset()
				}
				batch.Header = header(p)
				_ = batch.Message(&format, &p)
			}
		})
		encoded := message(b, &format, p)
		b.Run("read/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(p.Data)))
			for b.Loop() {
				if _, _, err := read(&format, encoded, 1<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
