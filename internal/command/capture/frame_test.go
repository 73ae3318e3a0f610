package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"
)

// What goes into a frame comes out, and gopacket says the same.
func TestFramesAsGopacketReadsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			link := drawLink(t)
			frame, want := drawFrame(t, link)
			if got := ourOpinion(link, frame); got.String() != want.String() {
				t.Fatalf("%x:\n%v, want\n%v", frame, got, want)
			}
			compareFrame(t, link, frame)
			damage(t, frame)
			compareFrame(t, link, frame)
		}
	})
}

// What we read and gopacket does not.
func TestFramesThatGopacketRefuses(t *testing.T) {
	v4 := tcpPacket{from: clientEnd, to: serverEnd, seq: 7, ack: true,
		payload: bytes.Repeat([]byte("x"), 80)}
	v6 := v4
	v6.from, v6.to = netip.MustParseAddrPort("[fe80::1]:40000"),
		netip.MustParseAddrPort("[fe80::2]:6789")
	for _, test := range []struct {
		name    string
		framing framing
		at      int // where to put value, if not 0
		value   byte
	}{
		{"hardware address of InfiniBand", framing{link: linkCooked}, 5, 20},
		{"the same in the newer header", framing{link: linkCooked2}, 11, 20},
		{"the only fragment of a packet", framing{link: linkRaw, v6: true, fragment: "only"}, 0, 0},
		{"first fragment", framing{link: linkRaw, fragment: "first"}, 0, 0},
		{"IPv6 without a length", framing{link: linkRaw, v6: true, offload: true}, 0, 0},
		{"damaged IPv4 option", framing{link: linkRaw, between: 4}, 20, 7},
		{"damaged IPv6 option", framing{link: linkRaw, v6: true, between: 1}, 43, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := v4
			if test.framing.v6 {
				want = v6
			}
			frame, _ := test.framing.pack(want)
			if test.at != 0 {
				frame[test.at] = test.value
			}
			if got, want := ourOpinion(test.framing.link, frame),
				(opinion{want, true, true}); got.String() != want.String() {
				t.Errorf("%v, want %v", got, want)
			}
			packet := gopacket.NewPacket(frame, layers.LinkType(test.framing.link), gopacket.NoCopy)
			if packet.Layer(layers.LayerTypeTCP) != nil {
				t.Errorf("gopacket finds TCP too: %v", packet)
			}
		})
	}
}

func TestTunnelsAreSkipped(t *testing.T) {
	inner, _ := framing{link: linkRaw}.pack(tcpPacket{from: clientEnd, to: serverEnd,
		payload: []byte("x")})
	ip := &layers.IPv4{Version: 4, Protocol: layers.IPProtocolIPIP, SrcIP: make([]byte, 4),
		DstIP: make([]byte, 4)}
	if got := ourOpinion(linkRaw, serialized(ip, gopacket.Payload(inner))); got.tcp {
		t.Errorf("got %v", got)
	}
}

// Packets larger than IP's length can tell, as a sniffer sees them before the network card cuts
// them.
func TestLargerThanIPCanTell(t *testing.T) {
	packet, header := framing{link: linkRaw}.pack(tcpPacket{from: clientEnd, to: serverEnd,
		ack: true})
	binary.BigEndian.PutUint16(packet[2:], 0)
	packet = append(packet, make([]byte, 100_000)...)
	got := ourOpinion(linkRaw, packet)
	if header != 40 || len(got.packet.payload) != 100_000 {
		t.Errorf("%d bytes of payload", len(got.packet.payload))
	}
	compareFrame(t, linkRaw, packet)
}

// FuzzFrame compares with gopacket what is in a frame.
func FuzzFrame(f *testing.F) {
	p := tcpPacket{from: clientEnd, to: serverEnd, seq: 7, syn: true, payload: []byte("hello")}
	v6 := p
	v6.from, v6.to = netip.MustParseAddrPort("[fe80::1]:40000"),
		netip.MustParseAddrPort("[fe80::2]:6789")
	for _, link := range everyLink {
		four, _ := framing{link: link, between: 4, options: 4}.pack(p)
		six, _ := framing{link: link, v6: true, between: 3, fragment: "only"}.pack(v6)
		f.Add(uint16(link), four)
		f.Add(uint16(link), six)
	}
	f.Fuzz(func(t *testing.T, link uint16, frame []byte) {
		if unwrapper(linkType(link)) == nil {
			link = uint16(everyLink[int(link)%len(everyLink)])
		}
		compareFrame(t, linkType(link), frame)
	})
}
