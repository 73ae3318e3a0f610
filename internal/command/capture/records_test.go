package capture

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// compare tells how many of our records and packets gopacket has an opinion of, all of which we
// share.
func compare(t rapid.TB, file []byte) (sure int) {
	t.Helper()
	ours, err := recordsOf(file)
	theirs, theirErr := gopacketRecordsOf(file)
	if err != nil || theirErr != nil {
		t.Fatalf("errors: ours %v, gopacket's %v", err, theirErr)
	}
	if len(ours) != len(theirs) {
		t.Fatalf("%d records, to gopacket %d", len(ours), len(theirs))
	}
	for i, rec := range ours {
		if their := theirs[i]; rec.link != their.link || !rec.time.Equal(their.time) ||
			!bytes.Equal(rec.data, their.data) {
			t.Fatalf("record %d: %+v, to gopacket %+v", i, rec, their)
		}
		if compareFrame(t, rec.link, rec.data) {
			sure++
		}
	}
	return sure
}

func realCaptures(t testing.TB) map[string][]byte {
	files, err := filepath.Glob("../../../testdata/captures/*.pcap")
	if err != nil || len(files) != 31 {
		t.Fatalf("found %d captures (%v), want 31", len(files), err)
	}
	captures := map[string][]byte{}
	for _, name := range files {
		if captures[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return captures
}

func TestRealCapturesAsGopacketReadsThem(t *testing.T) {
	for name, file := range realCaptures(t) {
		t.Run(name, func(t *testing.T) {
			records, _ := recordsOf(file)
			if sure := compare(t, file); sure != len(records) || sure == 0 {
				t.Errorf("gopacket has an opinion of %d of %d records", sure, len(records))
			}
		})
	}
}

// drawPcap returns a file in the older format.
func drawPcap(t *rapid.T) []byte {
	order := rapid.SampledFrom([]binary.AppendByteOrder{binary.LittleEndian,
		binary.BigEndian}).Draw(t, "order")
	magic := rapid.SampledFrom([]uint32{0xa1b2c3d4, pcapMagicNanoseconds}).Draw(t, "magic")
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	snapLength := rapid.SampledFrom([]uint32{0, 96, 65535, 1 << 31}).Draw(t, "snapLength")
	link := drawLink(t)
	for _, v := range []uint32{0, 0, snapLength, uint32(link)} {
		b = order.AppendUint32(b, v)
	}
	for range rapid.IntRange(0, 4).Draw(t, "packets") {
		frame, _ := drawFrame(t, link)
		lost := rapid.IntRange(0, 100).Draw(t, "lost")
		for _, v := range []uint32{
			rapid.Uint32().Draw(t, "seconds"), rapid.Uint32Range(0, 999_999).Draw(t, "fraction"),
			uint32(len(frame)), uint32(len(frame) + lost),
		} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, frame...)
	}
	return b
}

// drawPcapng returns a file in the newer format. Its resolutions are those that gopacket gets
// right.
func drawPcapng(t *rapid.T) []byte {
	var f ngFile
	comment := ngOption{code: 1, value: []byte("comment")}
	for range rapid.IntRange(1, 3).Draw(t, "sections") {
		f.section(rapid.SampledFrom([]binary.AppendByteOrder{binary.LittleEndian,
			binary.BigEndian}).Draw(t, "order"), comment)
		var snapLength uint32 // of the first interface
		links := rapid.SliceOfN(rapid.SampledFrom(everyLink), 1, 3).Draw(t, "interfaces")
		for i, link := range links {
			var options []ngOption
			if rapid.Bool().Draw(t, "resolution given") {
				options = append(options, comment, ngOption{optionResolution,
					[]byte{rapid.ByteRange(1, 19).Draw(t, "resolution")}})
			}
			if rapid.Bool().Draw(t, "offset given") {
				offset := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "offset")
				options = append(options, ngOption{optionOffset,
					f.order.AppendUint64(nil, uint64(offset))}, comment)
			}
			limit := rapid.SampledFrom([]uint32{0, 40, 65535}).Draw(t, "snapLength")
			if i == 0 {
				snapLength = limit
			}
			f.describe(link, limit, options...)
		}
		for range rapid.IntRange(0, 4).Draw(t, "packets") {
			kind := rapid.SampledFrom([]blockType{blockPacket, blockSimplePacket,
				blockEnhancedPacket, 5, 77}).Draw(t, "kind")
			id := rapid.IntRange(0, len(links)-1).Draw(t, "interface")
			if kind == blockSimplePacket {
				id = 0
			}
			frame, _ := drawFrame(t, links[id])
			size := len(frame) + rapid.IntRange(0, 100).Draw(t, "lost")
			switch kind {
			case 77: // unknown
				f.block(kind, frame)
				continue
			case 5: // interface statistics
				f.block(kind, make([]byte, 12))
				continue
			case blockSimplePacket: // tells only the size, and the interface how much of it is kept
				if size = len(frame); snapLength != 0 && size > int(snapLength) {
					frame = frame[:snapLength]
				}
			}
			f.packet(kind, id, rapid.Uint64().Draw(t, "ticks"), frame, size, comment)
		}
	}
	return f.bytes
}

func TestFilesAsGopacketReadsThem(t *testing.T) {
	for name, draw := range map[string]func(*rapid.T) []byte{"pcap": drawPcap,
		"pcapng": drawPcapng} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) { compare(t, draw(t)) }))
	}
}

// compareDamaged holds that we read what gopacket reads, up to where one of us gives up. Times are
// not looked at.
func compareDamaged(t rapid.TB, file []byte) {
	t.Helper()
	ours, err := recordsOf(file)
	theirs, theirErr := gopacketRecordsOf(file)
	for i := range min(len(ours), len(theirs)) {
		if ours[i].link != theirs[i].link || !bytes.Equal(ours[i].data, theirs[i].data) {
			t.Fatalf("record %d: %+v, to gopacket %+v", i, ours[i], theirs[i])
		}
	}
	if len(ours) < len(theirs) && err == nil || len(ours) > len(theirs) && theirErr == nil {
		t.Fatalf("%d records, %v, to gopacket %d, %v", len(ours), err, len(theirs), theirErr)
	}
}

// damage changes a few bytes.
func damage(t *rapid.T, b []byte) {
	for range rapid.IntRange(0, 3).Draw(t, "damages") {
		if len(b) > 0 {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
	}
}

func TestDamagedFilesAsGopacketReadsThem(t *testing.T) {
	for name, draw := range map[string]func(*rapid.T) []byte{"pcap": drawPcap,
		"pcapng": drawPcapng} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			file := draw(t)
			damage(t, file)
			compareDamaged(t, file)
		}))
	}
}

// FuzzRecords compares with gopacket what is in a file.
func FuzzRecords(f *testing.F) {
	s := conversation(f)
	s.packets = s.packets[3:5]
	f.Add(s.pcap(binary.LittleEndian, false))
	f.Add(s.pcap(binary.BigEndian, true))
	for _, kind := range []blockType{blockEnhancedPacket, blockPacket, blockSimplePacket} {
		f.Add(s.pcapngOf(kind, binary.LittleEndian, 9, 1e9))
	}
	f.Fuzz(func(t *testing.T, file []byte) { compareDamaged(t, file) })
}
