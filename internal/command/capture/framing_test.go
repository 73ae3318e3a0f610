package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"
)

var everyLink = []linkType{
	linkNull, linkEthernet, linkRawBSD, linkRawOpenBSD, linkRaw, linkLoop, linkCooked, linkIPv4,
	linkIPv6, linkCooked2,
}

// framing is how a TCP packet is packed.
type framing struct {
	link     linkType
	v6       bool
	tags     int // VLAN tags
	options  int // bytes of TCP options
	between  int // IPv4: bytes of options; IPv6: extension headers
	fragment string
	offload  bool // IP does not tell the length
	padding  int  // bytes behind the packet
}

// pack returns a frame for p, and the length of what stands before the payload.
func (f framing) pack(p tcpPacket) (frame []byte, header int) {
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(p.from.Port()), DstPort: layers.TCPPort(p.to.Port()),
		Seq: p.seq, SYN: p.syn, ACK: p.ack, FIN: p.fin, RST: p.rst,
	}
	for range f.options {
		tcp.Options = append(tcp.Options, layers.TCPOption{OptionType: layers.TCPOptionKindNop})
	}
	packet, kind := f.ip(p, serialized(tcp, gopacket.Payload(p.payload)))
	before := len(packet)
	frame = f.wrap(kind, packet)
	header = bytes.Index(frame, packet) + before - len(p.payload)
	return append(frame, make([]byte, f.padding)...), header
}

func (f framing) ip(p tcpPacket, payload []byte) ([]byte, layers.EthernetType) {
	const lengthOfIPv4, lengthOfIPv6 = 2, 4
	if f.v6 {
		next, payload := f.extensions(payload)
		packet := serialized(&layers.IPv6{
			Version: 6, NextHeader: next, SrcIP: p.from.Addr().AsSlice(),
			DstIP: p.to.Addr().AsSlice(),
		}, gopacket.Payload(payload))
		if f.offload {
			binary.BigEndian.PutUint16(packet[lengthOfIPv6:], 0)
		}
		return packet, layers.EthernetTypeIPv6
	}
	ip := &layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, SrcIP: p.from.Addr().AsSlice(),
		DstIP: p.to.Addr().AsSlice()}
	for range f.between {
		ip.Options = append(ip.Options, layers.IPv4Option{OptionType: 1})
	}
	switch f.fragment {
	case "first":
		ip.Flags = layers.IPv4MoreFragments
	case "later":
		ip.FragOffset = 3
	}
	packet := serialized(ip, gopacket.Payload(payload))
	if f.offload {
		binary.BigEndian.PutUint16(packet[lengthOfIPv4:], 0)
	}
	return packet, layers.EthernetTypeIPv4
}

// extensions puts extension headers before an IPv6 payload: one for fragments, and the others in
// turn.
func (f framing) extensions(payload []byte) (next layers.IPProtocol, all []byte) {
	next = layers.IPProtocolTCP
	if f.fragment != "" {
		header := map[string]byte{"only": 0, "first": 1, "later": 3 << 3}[f.fragment]
		payload, next = append([]byte{byte(next), 0, 0, header, 1, 2, 3, 4}, payload...),
			layers.IPProtocolIPv6Fragment
	}
	for i := range f.between {
		units := i % 3
		size := 4 + units*8
		header := append([]byte{byte(next), byte(units), 1, byte(size)},
			bytes.Repeat([]byte{0xee}, size)...) // one option
		next = []layers.IPProtocol{layers.IPProtocolIPv6Destination, layers.IPProtocolIPv6Routing,
			layers.IPProtocolIPv6HopByHop}[i%3]
		payload = append(header, payload...)
	}
	return next, payload
}

func (f framing) wrap(kind layers.EthernetType, packet []byte) []byte {
	rest := packet
	for i := range f.tags {
		rest = serialized(&layers.Dot1Q{VLANIdentifier: uint16(i), Type: kind},
			gopacket.Payload(rest))
		kind = layers.EthernetTypeDot1Q
		if i > 0 {
			kind = layers.EthernetTypeQinQ
		}
	}
	switch f.link {
	case linkEthernet: // pads to 60 bytes
		return serialized(&layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6),
			EthernetType: kind}, gopacket.Payload(rest))
	case linkCooked:
		header := binary.BigEndian.AppendUint16([]byte{0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0},
			uint16(kind))
		return append(header, rest...)
	case linkCooked2:
		header := binary.BigEndian.AppendUint16(nil, uint16(kind))
		header = append(header, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 1, 2, 3, 4, 5, 6, 0, 0)
		return append(header, rest...)
	case linkNull, linkLoop:
		family := layers.ProtocolFamilyIPv4
		if kind == layers.EthernetTypeIPv6 {
			family = layers.ProtocolFamilyIPv6FreeBSD
		}
		if f.link == linkLoop {
			return append([]byte{0, 0, 0, byte(family)}, rest...)
		}
		return serialized(&layers.Loopback{Family: family}, gopacket.Payload(rest))
	}
	return packet
}

func serialized(l ...gopacket.SerializableLayer) []byte {
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true},
		l...); err != nil {
		panic(err)
	}
	return bytes.Clone(b.Bytes())
}

func drawLink(t *rapid.T) linkType { return rapid.SampledFrom(everyLink).Draw(t, "link") }

// drawFrame returns a frame of which perhaps only the start was kept, and what is to be read in it.
func drawFrame(t *rapid.T, link linkType) ([]byte, opinion) {
	f := framing{
		link:    link,
		v6:      rapid.Bool().Draw(t, "v6"),
		options: 4 * rapid.IntRange(0, 10).Draw(t, "options"),
		between: rapid.IntRange(0, 4).Draw(t, "between"),
	}
	switch {
	case f.link == linkEthernet, f.link == linkCooked, f.link == linkCooked2:
		f.tags = rapid.IntRange(0, 3).Draw(t, "tags")
	}
	if !f.v6 {
		f.between *= 4 // else the IP header is padded, at the end of the options
	}
	ends := []string{"10.0.0.1", "10.0.0.2"}
	fragments := []string{"", "", "first", "later"}
	if f.v6 {
		ends = []string{"fe80::1", "2001:db8::2"}
		fragments = append(fragments, "only")
	}
	f.fragment = rapid.SampledFrom(fragments).Draw(t, "fragment")
	if f.offload = rapid.Bool().Draw(t, "offload"); !f.offload {
		f.padding = rapid.IntRange(0, 8).Draw(t, "padding")
	}
	flags := rapid.Byte().Draw(t, "flags")
	p := tcpPacket{
		from: netip.AddrPortFrom(netip.MustParseAddr(ends[0]), rapid.Uint16().Draw(t, "from")),
		to:   netip.AddrPortFrom(netip.MustParseAddr(ends[1]), rapid.Uint16().Draw(t, "to")),
		seq:  rapid.Uint32().Draw(t, "seq"), syn: flags&1 != 0, ack: flags&2 != 0,
		fin: flags&4 != 0, rst: flags&8 != 0,
	}
	least := 0
	if f.offload {
		least = 60 // so that Ethernet does not pad, which nothing would tell from payload
	}
	p.payload = rapid.SliceOfN(rapid.Byte(), least, 100).Draw(t, "payload")

	frame, header := f.pack(p)
	if rapid.Bool().Draw(t, "cut") {
		frame = frame[:rapid.IntRange(0, len(frame)).Draw(t, "snaplen")]
	}
	if f.fragment == "later" || len(frame) < header-f.options {
		return frame, notTCP
	}
	kept := max(min(len(frame)-header, len(p.payload)), 0)
	p.payload = p.payload[:kept]
	return frame, opinion{p, true, true}
}
