package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func conversation(t testing.TB) *sniffer {
	s := &sniffer{t: t}
	s.open(clientEnd, serverEnd, 100, 900)
	s.tcp(serverEnd, clientEnd, "", 901, "hello")
	s.tcp(clientEnd, serverEnd, "", 101, "hi")
	s.tcp(clientEnd, serverEnd, "F", 103, "")
	s.tcp(serverEnd, clientEnd, "R", 906, "")
	return s
}

// newerMinor sets the minor version of a file's first section.
func newerMinor(file []byte) []byte {
	file[14] = 2
	return file
}

func TestReadEveryFormat(t *testing.T) {
	s := conversation(t)
	nano := 789 * time.Nanosecond
	for _, test := range []struct {
		name     string
		file     []byte
		fraction time.Duration
	}{
		{"pcap little endian", s.pcap(binary.LittleEndian, false), 0},
		{"pcap big endian", s.pcap(binary.BigEndian, false), 0},
		{"pcap nanoseconds", s.pcap(binary.LittleEndian, true), nano},
		{"pcap nanoseconds big endian", s.pcap(binary.BigEndian, true), nano},
		{"pcapng little endian", s.pcapng(binary.LittleEndian, 0, 1e6), 0},
		{"pcapng big endian", s.pcapng(binary.BigEndian, 0, 1e6), 0},
		{"pcapng nanoseconds", s.pcapng(binary.LittleEndian, 9, 1e9), 0},
		{"pcapng binary fractions", s.pcapng(binary.BigEndian, 0x80|20, 1<<20), 0},
		{"pcapng of older writers", s.pcapngOf(blockPacket, binary.LittleEndian, 0, 1e6), 0},
		{"pcapng of writers that say 1.2", newerMinor(s.pcapng(binary.LittleEndian, 0, 1e6)), 0},
		{"pcapng finest binary fractions", s.pcapng(binary.LittleEndian, 0x80|33, 1<<33), 0},
		{"pcapng two sections", append(s.pcapng(binary.BigEndian, 0, 1e6),
			(&sniffer{t: t}).pcapng(binary.LittleEndian, 0, 1e6)...), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !IsCapture(test.file) {
				t.Error("IsCapture = false")
			}
			connections, err := Read(bytes.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			want := []*Connection{{
				Client: clientEnd, Server: serverEnd, FirstPacket: 1, LastPacket: 7,
				streams: [2]Stream{
					FromClient: {Size: 2, FIN: true,
						Chunks: []Chunk{{Packet: 5, Time: stamp(5).Add(test.fraction),
							Data: []byte("hi")}}},
					FromServer: {Size: 5, RST: true,
						Chunks: []Chunk{{Packet: 4, Time: stamp(4).Add(test.fraction),
							Data: []byte("hello")}}},
				},
			}}
			if diff := cmp.Diff(want, connections, cmp.AllowUnexported(Connection{}),
				cmp.Comparer(func(a, b netip.AddrPort) bool {
					return a == b
				})); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
		})
	}
}

// Simple packet blocks have no time stamps; the order of the packets is all there is.
func TestReadSimplePacketBlocks(t *testing.T) {
	connections, err := Read(bytes.NewReader(conversation(t).pcapngOf(blockSimplePacket,
		binary.BigEndian, 9, 1e9)))
	if err != nil || len(connections) != 1 {
		t.Fatalf("%d connections, %v", len(connections), err)
	}
	c := connections[0]
	if got := string(c.Stream(FromServer).Bytes()) +
		string(c.Stream(FromClient).Bytes()); got != "hellohi" {
		t.Errorf("got %q", got)
	}
	if chunk := c.Stream(FromClient).Chunks[0]; chunk.Packet != 5 || !chunk.Time.IsZero() {
		t.Errorf("packet %d at %v", chunk.Packet, chunk.Time)
	}
}

func TestReadRejectsOtherFiles(t *testing.T) {
	for _, content := range []string{"", "abc", "ceph v027", "\x0a\x0d\x0d\x0b",
		strings.Repeat("x", 100)} {
		if IsCapture([]byte(content)) {
			t.Errorf("IsCapture(%q) = true", content)
		}
		if _, err := Read(strings.NewReader(content)); !errors.Is(err, ErrFormat) {
			t.Errorf("Read(%q) = %v, want ErrFormat", content, err)
		}
	}
}

// A file cut off anywhere gives what was complete before, and says so unless the cut is between two
// packets.
func TestReadCutOffFile(t *testing.T) {
	s := conversation(t)
	for name, file := range map[string][]byte{"pcap": s.pcap(binary.LittleEndian, false),
		"pcapng": s.pcapng(binary.BigEndian, 0, 1e6)} {
		t.Run(name, func(t *testing.T) {
			clean := 0
			for cut := 4; cut < len(file); cut++ {
				connections, err := Read(bytes.NewReader(file[:cut]))
				switch {
				case err == nil:
					clean++
				case !errors.Is(err, ErrCutOff):
					t.Fatalf("cut at %d: %v, want ErrCutOff", cut, err)
				}
				if len(connections) > 1 {
					t.Fatalf("cut at %d: %d connections", cut, len(connections))
				}
				if cut == len(file)-1 && (len(connections) != 1 ||
					connections[0].LastPacket != len(s.packets)-1) {
					t.Errorf("cut before the last byte: %+v, want the connection up to packet %d",
						connections, len(s.packets)-1)
				}
			}
			// Before each packet, and in pcapng before the other blocks.
			want := map[string]int{"pcap": len(s.packets), "pcapng": len(s.packets) + 2}[name]
			if clean != want {
				t.Errorf("%d clean cuts, want %d", clean, want)
			}
		})
	}
}

func TestReadDamage(t *testing.T) {
	little := binary.LittleEndian
	s := conversation(t)
	pcap := func(at int, v uint32) []byte {
		b := s.pcap(little, false)
		little.PutUint32(b[at:], v)
		return b
	}
	ng := func(at int, v uint32) []byte {
		b := s.pcapng(little, 0, 1e6)
		little.PutUint32(b[at:], v)
		return b
	}
	section := s.pcapng(little, 0, 1e6)[:28:28]
	const packetBlock = 28 + 20 + 24 // behind section, interface and statistics
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"pcap link type", pcap(20, 147), "link type 147"},
		{"pcap link type out of the table", pcap(20, 0xffff), "link type 65535"},
		{"pcap packet length", pcap(24+8, 1<<31), "2147483648"},
		{"pcap packet longer than it was", pcap(24+12, 53),
			"packet 1: record header: captured length 60 exceeds the packet's length of 53"},
		{"pcap version", pcap(4, 3), "file header: version 3.0"},
		{"pcapng byte order", ng(8, 7), "section header: byte order"},
		{"pcapng version", ng(12, 2), "section header: version 2.0"},
		{"pcapng block length", ng(4, 1<<30), "section header: 1073741812 bytes are more"},
		{"pcapng block length at the end", ng(28+16, 24),
			"interface block: length 20, but 24 at its end"},
		{"pcapng block too small", ng(28+4, 8), "interface block: length 8 is less"},
		{"pcapng link type", ng(28+8, 147), "link type 147"},
		{"pcapng interface", ng(packetBlock+8, 3),
			"packet 1: enhanced packet block: interface id 3"},
		{"pcapng packet length", ng(packetBlock+20, 5000), "captured length 5000"},
		{"pcapng short section header",
			[]byte("\n\r\r\n\x14\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00\x14\x00\x00\x00"),
			"section header: 8 bytes"},
		{"pcapng short packet block", ng(28+20, uint32(blockEnhancedPacket)),
			"enhanced packet block: 12 bytes"},
		{"pcapng short packet block of older writers", ng(28+20, uint32(blockPacket)),
			"packet block: 12 bytes"},
		{"pcapng short simple packet block", append(section, 3, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0),
			"simple packet block: 0 bytes"},
		{"pcapng simple packet without interface", append(section, 3, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0,
			0, 16, 0, 0, 0), "interface id 0"},
		{"pcapng short interface block", append(section, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 16, 0,
			0, 0), "interface block: 4 bytes"},
		{"pcapng resolution", s.pcapng(little, 0x80|64, 1),
			"option 9: time stamp resolution 2^-64"},
		{"pcapng decimal resolution", s.pcapng(little, 20, 1),
			"option 9: time stamp resolution 10^-20"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(test.file))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Read = %v, want an error with %q", err, test.want)
			}
		})
	}
}

// Of all connections whose opening was captured, one lacks bytes: the sniffer lost the banner of a
// hand-made peer.
func TestReadRealCaptures(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/captures/*.pcap")
	if err != nil || len(files) != 31 {
		t.Fatalf("found %d captures (%v), want 31", len(files), err)
	}
	var holes []string
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		connections, err := Read(f)
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, c := range connections {
			if c.Midway {
				continue
			}
			name := fmt.Sprintf("%s: %v → %v", filepath.Base(file), c.Client, c.Server)
			for _, d := range []Direction{FromClient, FromServer} {
				if s := c.Stream(d); s.Missing != 0 {
					holes = append(holes, fmt.Sprintf("%s: %v misses %d", name, d, s.Missing))
					continue
				}
				if data := c.Stream(d).Bytes(); len(data) > 0 &&
					!bytes.HasPrefix(data, []byte("ceph v0")) {
					t.Errorf("%s: %v begins with %q", name, d, data[:min(len(data), 9)])
				}
			}
		}
	}
	want := []string{"14.2.21-simple-probe-peer-role.pcap: 127.0.0.1:50330 → 127.0.0.1:18790: < " +
		"misses 281"}
	if diff := cmp.Diff(want, holes); diff != "" {
		t.Errorf("holes (-want +got):\n%s", diff)
	}
}

func FuzzRead(f *testing.F) {
	s := conversation(f)
	f.Add(s.pcap(binary.LittleEndian, false))
	f.Add(s.pcap(binary.BigEndian, true))
	f.Add(s.pcapng(binary.LittleEndian, 9, 1e9))
	f.Add(s.pcapng(binary.BigEndian, 0x80|20, 1<<20))
	f.Fuzz(func(t *testing.T, file []byte) {
		connections, _ := Read(bytes.NewReader(file))
		for _, c := range connections {
			for _, d := range []Direction{FromClient, FromServer} {
				s, at := c.Stream(d), int64(0)
				for _, chunk := range s.Chunks {
					at += chunk.Missing
					if chunk.Offset != at || len(chunk.Data) == 0 {
						t.Fatalf("chunk at %d with %d bytes, want offset %d", chunk.Offset,
							len(chunk.Data), at)
					}
					at += int64(len(chunk.Data))
				}
				if at != s.Size || int64(len(s.Bytes())) != s.Size-s.Missing {
					t.Fatalf("size %d, missing %d, chunks end at %d", s.Size, s.Missing, at)
				}
			}
		}
	})
}
