package capture

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"pgregory.net/rapid"
)

// A real capture that gopacket wrote again, into a file with an interface for each link type that
// its frames can have, gives the same connections.
func TestReadWhatGopacketWrites(t *testing.T) {
	links := everyLink
	for name, file := range realCaptures(t) {
		t.Run(name, func(t *testing.T) {
			records, err := recordsOf(file)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			w, err := pcapgo.NewNgWriterInterface(&out,
				pcapgo.NgInterface{LinkType: layers.LinkType(links[0]), Name: "first"},
				pcapgo.NgWriterOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range links[1:] {
				if _, err := w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkType(link),
					Description: "further"}); err != nil {
					t.Fatal(err)
				}
			}
			for i, rec := range records {
				packet := unwrapEthernet(rec.data)
				if packet == nil {
					t.Fatalf("record %d holds no IP", i)
				}
				id := i % len(links)
				frame := framing{link: links[id]}.wrap(layers.EthernetTypeIPv4, packet)
				info := gopacket.CaptureInfo{Timestamp: rec.time, CaptureLength: len(frame),
					Length: len(frame), InterfaceIndex: id}
				if err := w.WritePacket(info, frame); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			want, err := Read(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Read(&out)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Fatalf("%d connections, want %d", len(got), len(want))
			}
			// not with cmp, which takes minutes to lay out the differences of whole captures
			for i := range want {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Errorf("connection %d, %v → %v, differs", i, want[i].Client, want[i].Server)
				}
			}
		})
	}
}

// gopacket is no judge of time stamps in binary fractions: it takes 953 ns for 1/2^20 s.
func TestTimes(t *testing.T) {
	const second = 1_700_000_000
	at := func(nanoseconds int64) time.Time { return time.Unix(second, nanoseconds) }
	for _, test := range []struct {
		name       string
		resolution []byte
		offset     int64
		ticks      uint64
		want       time.Time
	}{
		{"microseconds unless told", nil, 0, second*1e6 + 123456, at(123456000)},
		{"seconds", []byte{0}, 0, second, at(0)},
		{"tenths", []byte{1}, 0, second*10 + 3, at(300_000_000)},
		{"nanoseconds", []byte{9}, 0, second*1e9 + 987654321, at(987654321)},
		{"picoseconds", []byte{12}, -second, 5e12 + 987654321999, time.Unix(5-second, 987654321)},
		{"finest decimals", []byte{19}, second, 9_999_999_999_999_999_999, at(999_999_999)},
		{"2^-1", []byte{0x81}, 0, second*2 + 1, at(500_000_000)},
		{"2^-20", []byte{0x80 | 20}, 0, second<<20 + 1<<19, at(500_000_000)},
		{"2^-33", []byte{0x80 | 33}, 0, second<<33 + 1<<32, at(500_000_000)},
		{"2^-63", []byte{0x80 | 63}, second, 1<<63 - 1, at(999_999_999)},
		{"offset", []byte{6}, 3600, (second-3600)*1e6 + 1, at(1000)},
		{"offset back", []byte{6}, -3600, (second+3600)*1e6 + 1, at(1000)},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f ngFile
			f.section(binary.BigEndian)
			options := []ngOption{{optionOffset, f.order.AppendUint64(nil, uint64(test.offset))}}
			if test.resolution != nil {
				options = append(options, ngOption{optionResolution, test.resolution})
			}
			options = append(options, ngOption{code: optionEnd},
				ngOption{optionResolution, []byte{3}}) // nothing counts behind the end
			f.describe(linkRaw, 0, options...)
			f.packet(blockEnhancedPacket, 0, test.ticks, nil, 0)
			records, err := recordsOf(f.bytes)
			if err != nil || len(records) != 1 || !records[0].time.Equal(test.want) {
				t.Errorf("%+v, %v, want %v", records, err, test.want.UTC())
			}
		})
	}
}

func TestTimesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.Byte().Draw(t, "resolution")
		perSecond, err := resolution(code)
		if err != nil {
			t.Skip("too fine")
		}
		base := int64(10)
		if code&0x80 != 0 {
			base = 2
		}
		want := new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(code&0x7f)), nil)
		if want.Cmp(new(big.Int).SetUint64(perSecond)) != 0 {
			t.Fatalf("resolution %#x: %d, want %v", code, perSecond, want)
		}
		ticks := rapid.Uint64().Draw(t, "ticks")
		nanoseconds := new(big.Int).Mul(new(big.Int).SetUint64(ticks), big.NewInt(1e9))
		seconds, rest := nanoseconds.Div(nanoseconds, want).DivMod(nanoseconds, big.NewInt(1e9),
			new(big.Int))
		got := (clock{perSecond: perSecond}).time(ticks)
		if got.Unix() != int64(seconds.Uint64()) || int64(got.Nanosecond()) != rest.Int64() {
			t.Fatalf("%d ticks of 1/%v s: %v, want %v.%09d", ticks, want, got, seconds, rest)
		}
	})
}

// A large packet is read, up to what the file announces or any sniffer keeps; and nothing is
// allocated on a mere claim.
func TestSizeOfPackets(t *testing.T) {
	pcap := func(snapLength, size uint32) []byte {
		b := (&sniffer{t: t}).pcap(binary.LittleEndian, false)
		binary.LittleEndian.PutUint32(b[16:], snapLength)
		for _, v := range []uint32{1, 0, size, size} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	pcapng := func(size uint32) []byte {
		f := ngFile{}
		f.section(binary.LittleEndian)
		f.describe(linkEthernet, 0)
		f.bytes = f.order.AppendUint32(f.bytes, uint32(blockEnhancedPacket))
		f.bytes = f.order.AppendUint32(f.bytes, size+32)
		for _, v := range []uint32{0, 0, 0, size, size} {
			f.bytes = f.order.AppendUint32(f.bytes, v)
		}
		return f.bytes
	}
	for _, test := range []struct {
		name string
		file []byte
		size int // what of it is there
		want string
	}{
		{"longer than announced", pcap(96, 256<<10), 256 << 10, ""},
		{"longer than any", pcap(96, 256<<10+1), 0, "captured length 262145"},
		{"as announced", pcap(1<<20, 1<<20), 1 << 20, ""},
		{"announced, but too long", pcap(1<<31, maxPiece+1), 0, "captured length 16777217"},
		{"claimed", pcap(1<<31, maxPiece), 10, "ends within"},
		{"pcapng", pcapng(1 << 20), 1 << 20, ""},
		{"pcapng too long", pcapng(maxPiece), 0, "enhanced packet block: 16777236 bytes"},
		{"pcapng claimed", pcapng(maxPiece - 100), 10, "ends within"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := append(test.file, make([]byte, test.size)...)
			if bytes.HasPrefix(file, pcapngMagic) {
				file = binary.LittleEndian.AppendUint32(file, uint32(test.size)+32)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			records, err := recordsOf(file)
			runtime.ReadMemStats(&after)
			switch {
			case test.want != "":
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want one with %q", err, test.want)
				}
			case err != nil || len(records) != 1 || len(records[0].data) != test.size:
				t.Errorf("%d records, %v, want one with %d bytes", len(records), err, test.size)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > uint64(4*test.size+1<<20) {
				t.Errorf("allocated %d bytes for a file of %d", got, len(file))
			}
		})
	}
}

// Some interfaces add the frames' checksum, and the file's header tells in the upper bits of the
// link type.
func TestLinkTypeWithChecksum(t *testing.T) {
	s := conversation(t)
	for i := range s.packets {
		s.packets[i] = append(s.packets[i], 1, 2, 3, 4)
	}
	file := s.pcap(binary.BigEndian, false)
	binary.BigEndian.PutUint32(file[20:], uint32(linkEthernet)|0x24000000)
	connections, err := Read(bytes.NewReader(file))
	if err != nil || len(connections) != 1 ||
		string(connections[0].Stream(FromServer).Bytes()) != "hello" {
		t.Errorf("%d connections, %v", len(connections), err)
	}
}
