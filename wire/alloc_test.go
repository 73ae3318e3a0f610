package wire_test

import (
	"runtime"
	"testing"
	"time"

	"simplemessenger/wire"
)

// What is written and read for every message must not touch the heap.
func TestNoAllocation(t *testing.T) {
	buffer := make([]byte, 0, 1024)
	h, old, f := sampleHeader, wire.MessageHeaderOld{MessageHeader: sampleHeader},
		wire.Footer{FrontCRC: 1}
	a, b := addr("10.1.2.3:6789/1"), addr("[2001:db8::1]:6789/2")
	header, footer, footerOld := h.AppendWithCRC(nil), f.Append(nil), f.AppendOld(nil)
	headerOld := old.AppendWithCRC(nil)
	seq, stamp := wire.AppendSeq(nil, 7), wire.NewTimespec(time.Unix(1, 2)).Append(nil)
	connect, reply := wire.Connect{}.Append(nil), wire.ConnectReply{}.Append(nil)
	legacy, addr2 := b.Append(nil), b.AppendAddr2(nil)
	var failed error
	keep := func(err error) {
		if err != nil {
			failed = err
		}
	}
	for name, work := range map[string]func(){
		"append header":        func() { buffer = h.Append(buffer[:0]) },
		"append header crc":    func() { buffer = h.AppendWithCRC(buffer[:0]) },
		"append header old":    func() { buffer = old.AppendWithCRC(buffer[:0]) },
		"append footer":        func() { buffer = f.Append(buffer[:0]) },
		"append footer old":    func() { buffer = f.AppendOld(buffer[:0]) },
		"append seq":           func() { buffer = wire.AppendSeq(buffer[:0], 7) },
		"append keepalive":     func() { buffer = wire.Timespec{Sec: 1}.Append(buffer[:0]) },
		"append banner":        func() { buffer = wire.AppendBanner(buffer[:0]) },
		"append name":          func() { buffer = wire.OSD(3).Append(buffer[:0]) },
		"append addr":          func() { buffer = a.Append(buffer[:0]) },
		"append addr2":         func() { buffer = b.AppendAddr2(buffer[:0]) },
		"append connect":       func() { buffer = wire.Connect{}.Append(buffer[:0]) },
		"append connect reply": func() { buffer = wire.ConnectReply{}.Append(buffer[:0]) },
		"decode header":        func() { keep(h.Decode(header)) },
		"check header crc":     func() { keep(wire.CheckMessageHeaderCRC(header)) },
		"decode header old":    func() { keep(old.Decode(headerOld)) },
		"decode footer":        func() { keep(f.Decode(footer)) },
		"decode footer old":    func() { keep(f.DecodeOld(footerOld)) },
		"decode seq":           func() { _, err := wire.DecodeSeq(seq); keep(err) },
		"decode keepalive":     func() { _, err := wire.DecodeTimespec(stamp); keep(err) },
		"decode connect":       func() { _, err := wire.DecodeConnect(connect); keep(err) },
		"decode connect reply": func() { _, err := wire.DecodeConnectReply(reply); keep(err) },
		"decode addr":          func() { _, err := wire.DecodeEntityAddr(legacy); keep(err) },
		"decode addr2":         func() { _, _, err := wire.DecodeEntityAddrAny(addr2); keep(err) },
		"compare":              func() { a.Compare(b) },
		"probably equals":      func() { a.ProbablyEquals(b) },
		"crc":                  func() { wire.CRC(0, header) },
		"tag text":             func() { _ = wire.TagMsg.String() },
	} {
		if n := testing.AllocsPerRun(100, work); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
	if failed != nil {
		t.Error(failed)
	}
}

// A few bytes that claim a lot get an error and no memory.
func TestClaimsAreNotBelieved(t *testing.T) {
	claims := [][]byte{
		{2, 0xff, 0xff, 0xff, 0xff},
		{2, wire.MaxAddrVec, 0, 0, 0},
		{1, 1, 1, 0xff, 0xff, 0xff, 0xff},
		{1, 1, 1, 0x80, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const rounds = 1000
	for range rounds {
		for _, b := range claims {
			if _, _, err := wire.DecodeAddrVec(b); err == nil {
				t.Fatalf("%x: no error", b)
			}
		}
	}
	runtime.ReadMemStats(&after)
	// What remains are the errors themselves, which carry the stack of their origin.
	if perCall := (after.TotalAlloc - before.TotalAlloc) / rounds / uint64(len(
		claims)); perCall > 4096 {
		t.Errorf("%d bytes allocated per call", perCall)
	}
}

func BenchmarkMessageHeaderAppend(b *testing.B) {
	h, buffer := sampleHeader, make([]byte, 0, 64)
	for b.Loop() {
		buffer = h.AppendWithCRC(buffer[:0])
	}
}

func BenchmarkMessageHeaderDecode(b *testing.B) {
	h := sampleHeader
	encoded := h.AppendWithCRC(nil)
	for b.Loop() {
		if err := wire.CheckMessageHeaderCRC(encoded); err != nil {
			b.Fatal(err)
		}
		if err := h.Decode(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFooter(b *testing.B) {
	f, buffer := wire.Footer{FrontCRC: 1, Signature: 2, Flags: wire.FooterComplete},
		make([]byte, 0, 32)
	for b.Loop() {
		buffer = f.Append(buffer[:0])
		if err := f.Decode(buffer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConnect(b *testing.B) {
	c, buffer := wire.Connect{Features: wire.FeaturesSupported, HostType: wire.EntityOSD},
		make([]byte, 0, 64)
	for b.Loop() {
		buffer = c.Append(buffer[:0])
		var err error
		if c, err = wire.DecodeConnect(buffer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEntityAddrCompare(b *testing.B) {
	x, y := addr("10.1.2.3:6789/1"), addr("10.1.2.4:6789/1")
	for b.Loop() {
		x.Compare(y)
	}
}

func BenchmarkCRC(b *testing.B) {
	for _, size := range []int{53, 4 << 10, 4 << 20} {
		data := make([]byte, size)
		b.Run(sizeName(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				wire.CRC(0, data)
			}
		})
	}
}

func sizeName(n int) string {
	return map[int]string{53: "header", 4 << 10: "4KiB", 4 << 20: "4MiB"}[n]
}
