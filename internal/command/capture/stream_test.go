package capture

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type piece struct {
	Offset, Missing int64
	Packet          int
	Data            string
}

func pieces(s *Stream) []piece {
	var out []piece
	for _, c := range s.Chunks {
		out = append(out, piece{c.Offset, c.Missing, c.Packet, string(c.Data)})
	}
	return out
}

func TestReassembly(t *testing.T) {
	for _, test := range []struct {
		name          string
		packets       func(s *sniffer) // after the three that open the connection
		want          []piece
		retransmitted int64
		missing       int64
	}{
		{"in order", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
			s.tcp(clientEnd, serverEnd, "", 4, "def")
		}, []piece{{0, 0, 4, "abc"}, {3, 0, 5, "def"}}, 0, 0},
		{"out of order: delivered with the packet that fills the hole", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 7, "ghi")
			s.tcp(clientEnd, serverEnd, "", 4, "def")
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
		}, []piece{{0, 0, 6, "abc"}, {3, 0, 6, "def"}, {6, 0, 6, "ghi"}}, 0, 0},
		{"retransmission", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
			s.tcp(clientEnd, serverEnd, "", 4, "d")
		}, []piece{{0, 0, 4, "abc"}, {3, 0, 6, "d"}}, 3, 0},
		{"overlap: what came first counts", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
			s.tcp(clientEnd, serverEnd, "", 2, "XXde")
		}, []piece{{0, 0, 4, "abc"}, {3, 0, 5, "de"}}, 2, 0},
		{"overlap of waiting segments", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 3, "cde")
			s.tcp(clientEnd, serverEnd, "", 3, "cd")
			s.tcp(clientEnd, serverEnd, "", 4, "defg")
			s.tcp(clientEnd, serverEnd, "", 1, "ab")
		}, []piece{{0, 0, 7, "ab"}, {2, 0, 7, "cde"}, {5, 0, 7, "fg"}}, 4, 0},
		{"hole", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
			s.tcp(clientEnd, serverEnd, "", 11, "klm")
			s.tcp(clientEnd, serverEnd, "", 14, "nop")
		}, []piece{{0, 0, 4, "abc"}, {10, 7, 5, "klm"}, {13, 0, 6, "nop"}}, 0, 7},
		{"keep-alive probe", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
			s.tcp(clientEnd, serverEnd, "", 3, "\x00")
			s.tcp(clientEnd, serverEnd, "", 4, "d")
		}, []piece{{0, 0, 4, "abc"}, {3, 0, 6, "d"}}, 1, 0},
		{"SYN sent again", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "S", 0, "")
			s.tcp(clientEnd, serverEnd, "", 1, "abc")
		}, []piece{{0, 0, 5, "abc"}}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sniffer{t: t}
			s.open(clientEnd, serverEnd, 0, 500)
			test.packets(s)
			stream := s.one().Stream(FromClient)
			if diff := cmp.Diff(test.want, pieces(stream)); diff != "" {
				t.Errorf("chunks (-want +got):\n%s", diff)
			}
			if stream.Retransmitted != test.retransmitted || stream.Missing != test.missing {
				t.Errorf("retransmitted %d, missing %d, want %d, %d", stream.Retransmitted,
					stream.Missing, test.retransmitted, test.missing)
			}
		})
	}
}

// However a stream is cut, repeated and shuffled, and wherever in the 32 bits it begins, the same
// bytes come out.
func TestReassemblyProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "data")
		isn := rapid.Uint32().Draw(t, "isn")
		a := assembly{stream: &Stream{}}
		a.start(isn)
		var segments [][2]int
		for at := 0; at < len(data); {
			end := min(len(data), at+rapid.IntRange(1, 40).Draw(t, "size"))
			segments = append(segments, [2]int{at, end})
			at = end
		}
		for range rapid.IntRange(0, 5).Draw(t, "extra") {
			from := rapid.IntRange(0, len(data)-1).Draw(t, "from")
			segments = append(segments, [2]int{from, rapid.IntRange(from+1, len(data)).Draw(t,
				"to")})
		}
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 1))
		order.Shuffle(len(segments), func(i, j int) {
			segments[i], segments[j] = segments[j], segments[i]
		})
		total := int64(0)
		for i, s := range segments {
			a.add(isn+uint32(s[0]), segment{data: data[s[0]:s[1]], packet: i})
			total += int64(s[1] - s[0])
		}
		a.finish()
		if got := a.stream.Bytes(); string(got) != string(data) {
			t.Fatalf("got %x, want %x", got, data)
		}
		if a.stream.Missing != 0 || a.stream.Retransmitted != total-int64(len(data)) ||
			a.stream.Size != int64(len(data)) {
			t.Fatalf("%+v", a.stream)
		}
		packet := 0
		for _, c := range a.stream.Chunks {
			if c.Packet < packet {
				t.Fatal("chunks are not in the order of their packets")
			}
			packet = c.Packet
		}
	})
}

func TestSequenceNumbersBeyond4GiB(t *testing.T) {
	a := assembly{stream: &Stream{}}
	a.start(0xfffffff0)
	a.next = 3<<32 + 5 // as if that much had been delivered
	a.add(0xfffffff0+5, segment{data: []byte("new")})
	a.add(0xfffffff0+3, segment{data: []byte("xxneW!")})
	got := ""
	for _, chunk := range a.stream.Chunks { // Bytes would fill the gap in front with as many zeros
		got += string(chunk.Data)
	}
	if got != "new!" {
		t.Errorf("got %q", got)
	}
	if a.stream.Chunks[0].Offset != 3<<32+5 {
		t.Errorf("offset %d", a.stream.Chunks[0].Offset)
	}
}

func TestPortsUsedAgain(t *testing.T) {
	s := &sniffer{t: t}
	s.open(clientEnd, serverEnd, 0, 500)
	s.tcp(clientEnd, serverEnd, "F", 1, "first")
	s.open(clientEnd, serverEnd, 7000, 9000)
	s.tcp(clientEnd, serverEnd, "", 7001, "second")
	connections := s.read()
	if len(connections) != 2 {
		t.Fatalf("got %d connections, want 2", len(connections))
	}
	for i, want := range []string{"first", "second"} {
		if got := string(connections[i].Stream(FromClient).Bytes()); got != want {
			t.Errorf("connection %d: %q, want %q", i, got, want)
		}
	}
}

// A daemon may dial from the port that it was called on: the roles follow the SYN, also where the
// pair was seen before.
func TestSamePairOppositeRoles(t *testing.T) {
	s := &sniffer{t: t}
	s.open(clientEnd, serverEnd, 0, 500)
	s.tcp(clientEnd, serverEnd, "R", 1, "first")
	s.open(serverEnd, clientEnd, 7000, 9000)
	s.tcp(serverEnd, clientEnd, "", 7001, "second")
	connections := s.read()
	if len(connections) != 2 || connections[1].Client != serverEnd ||
		string(connections[1].Stream(FromClient).Bytes()) != "second" {
		t.Fatalf("got %+v", connections)
	}
}

func TestMidway(t *testing.T) {
	other := netip.MustParseAddrPort("10.0.0.3:50000")
	highServer := netip.MustParseAddrPort("10.0.0.4:60000")
	for _, test := range []struct {
		name    string
		packets func(s *sniffer)
		server  netip.AddrPort
	}{
		{"lower port listens", func(s *sniffer) {
			s.tcp(clientEnd, serverEnd, "", 77, "abc")
		}, serverEnd},
		{"lower port listens, server speaks first", func(s *sniffer) {
			s.tcp(serverEnd, clientEnd, "", 77, "abc")
		}, serverEnd},
		{"another connection tells", func(s *sniffer) {
			s.tcp(other, highServer, "S", 1, "")
			s.tcp(highServer, clientEnd, "", 77, "abc")
		}, highServer},
		{"equal ports", func(s *sniffer) {
			same := netip.MustParseAddrPort("10.0.0.5:40000")
			s.tcp(clientEnd, same, "", 77, "abc")
		}, netip.MustParseAddrPort("10.0.0.5:40000")},
		{"an answer to a SYN tells", func(s *sniffer) {
			s.synAck(highServer, other, 5)
			s.tcp(highServer, clientEnd, "", 77, "abc")
		}, highServer},
		{"SYN and ACK", func(s *sniffer) { s.packets = nil; s.synAck(highServer, clientEnd, 77) },
			highServer},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &sniffer{t: t}
			test.packets(s)
			connections := s.read()
			c := connections[len(connections)-1]
			if !c.Midway || c.Server != test.server {
				t.Errorf("midway %v, server %v, want true, %v", c.Midway, c.Server, test.server)
			}
		})
	}
}

func TestMidwayWithoutDataIsNothing(t *testing.T) {
	s := &sniffer{t: t}
	s.tcp(clientEnd, serverEnd, "A", 77, "")
	s.tcp(serverEnd, clientEnd, "R", 78, "")
	if connections := s.read(); len(connections) != 0 {
		t.Errorf("got %+v", connections)
	}
}

func TestIPv6(t *testing.T) {
	from, to := netip.MustParseAddrPort("[fe80::1]:40000"),
		netip.MustParseAddrPort("[fe80::2]:6789")
	s := &sniffer{t: t}
	s.open(from, to, 0, 500)
	s.tcp(from, to, "", 1, "abc")
	if c := s.one(); c.Client != from || c.Server != to ||
		string(c.Stream(FromClient).Bytes()) != "abc" {
		t.Errorf("got %+v", c)
	}
}

func TestChunksMergesByPacket(t *testing.T) {
	s := &sniffer{t: t}
	s.open(clientEnd, serverEnd, 0, 500)
	s.tcp(clientEnd, serverEnd, "", 1, "a")
	s.tcp(serverEnd, clientEnd, "", 501, "b")
	s.tcp(clientEnd, serverEnd, "", 3, "d") // waits
	s.tcp(serverEnd, clientEnd, "", 502, "c")
	s.tcp(clientEnd, serverEnd, "", 2, "-")
	s.tcp(serverEnd, clientEnd, "", 503, "e")
	c := s.one()
	var got strings.Builder
	for d, chunk := range c.Chunks() {
		got.WriteString(d.String() + string(chunk.Data))
		if d.Reverse() == d || d.Reverse().Reverse() != d {
			t.Error("Reverse is wrong")
		}
	}
	if got.String() != ">a<b<c>->d<e" {
		t.Errorf("order %q", got.String())
	}
	for range c.Chunks() {
		break // stopping early is allowed
	}
}

func TestOtherPacketsAreSkipped(t *testing.T) {
	s := conversation(t)
	s.packets = append(s.packets, []byte("no packet at all"), nil)
	if c := s.one(); c.LastPacket != 7 {
		t.Errorf("last packet %d, want 7", c.LastPacket)
	}
}
