package capture

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/pkg/errors"
	"pgregory.net/rapid"
)

// Here gopacket says what it reads, for comparison. An opinion of it counts unless sure is false:
// then it stopped at something that does not keep us from the packet, or decides by other rules;
// the places say which.

// recordsOf returns what we read in a file, up to an error. There is none at the end of the file.
func recordsOf(file []byte) ([]record, error) {
	next, err := open(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return collect(next)
}

// gopacketRecordsOf returns what gopacket reads.
func gopacketRecordsOf(file []byte) ([]record, error) {
	if bytes.HasPrefix(file, pcapngMagic) {
		r, err := pcapgo.NewNgReader(bytes.NewReader(file),
			pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, err
		}
		return collect(func() (record, error) {
			data, info, err := r.ReadPacketData()
			if err != nil {
				return record{}, err
			}
			return record{linkType(info.AncillaryData[0].(layers.LinkType)), info.Timestamp, data},
				nil
		})
	}
	r, err := pcapgo.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return collect(func() (record, error) {
		data, info, err := r.ReadPacketData()
		return record{linkType(r.LinkType()), info.Timestamp, data}, err
	})
}

func collect(next next) (records []record, err error) {
	for {
		rec, err := next()
		switch {
		case errors.Is(err, io.EOF):
			return records, nil
		case err != nil:
			return records, err
		}
		records = append(records, rec)
	}
}

// opinion is what a reader thinks of a frame.
type opinion struct {
	packet tcpPacket
	tcp    bool // else packet is empty
	sure   bool
}

func (o opinion) String() string {
	if !o.tcp {
		return "not TCP"
	}
	p := o.packet
	return fmt.Sprintf("%v → %v seq %d SYN %v ACK %v FIN %v RST %v payload %x", p.from, p.to, p.seq,
		p.syn, p.ack, p.fin, p.rst, p.payload)
}

var (
	notTCP  = opinion{sure: true}
	notSure = opinion{}
)

func ourOpinion(link linkType, frame []byte) opinion {
	p, ok := parseTCP(unwrapper(link)(frame))
	return opinion{p, ok, true}
}

func gopacketOpinion(link linkType, frame []byte) opinion {
	switch link {
	case linkRawOpenBSD, linkIPv4, linkIPv6: // it does not know them, only their like
		link = linkRaw
	}
	return walk(gopacket.NewPacket(frame, layers.LinkType(link), gopacket.NoCopy), frame, nil)
}

// walk goes through the layers of a packet, or from behind its network layer on.
func walk(packet gopacket.Packet, rest []byte, network gopacket.NetworkLayer) opinion {
	for _, layer := range packet.Layers() {
		switch l := layer.(type) {
		case *layers.Ethernet:
			if !plain(l.EthernetType) {
				return notTCP
			}
		case *layers.Dot1Q:
			if !plain(l.Type) {
				return notTCP
			}
		case *layers.LinuxSLL:
			if !plain(l.EthernetType) {
				return notTCP
			}
		case *layers.LinuxSLL2:
			if l.ARPHardwareType != layers.ARPHardwareTypeEthernet &&
				l.ARPHardwareType != layers.ARPHardwareTypeLoopback {
				return notSure // it gives some a meaning that we do not look at
			}
			if !plain(l.ProtocolType) {
				return notTCP
			}
		case *layers.Loopback:
		case *layers.IPv4:
			if rest[0]>>4 != 4 {
				return notSure // we believe the packet's version, it believes the frame's type
			}
			if l.FragOffset != 0 || l.Protocol != layers.IPProtocolTCP {
				return refused(packet, notTCP)
			}
			if l.Flags&layers.IPv4MoreFragments != 0 {
				return refused(packet, firstFragment(l.Protocol, l.Payload, l))
			}
			network = l
		case *layers.IPv6:
			if rest[0]>>4 != 6 || l.Length == 0 {
				return notSure // to it, the latter must be told by an option
			}
			if !extension(l.NextHeader) {
				return refused(packet, notTCP)
			}
			network = l
		case *layers.IPv6HopByHop:
			if !extension(l.NextHeader) {
				return refused(packet, notTCP)
			}
		case *layers.IPv6Routing:
			if !extension(l.NextHeader) {
				return notTCP
			}
		case *layers.IPv6Destination:
			if !extension(l.NextHeader) {
				return refused(packet, notTCP)
			}
		case *layers.IPv6Fragment:
			if l.FragmentOffset != 0 || !extension(l.NextHeader) {
				return notTCP
			}
			return firstFragment(l.NextHeader, l.Payload, network)
		case *layers.TCP:
			return opinionOfTCP(l, network)
		default:
			return refused(packet, notTCP)
		}
		rest = layer.LayerPayload()
	}
	return notTCP
}

// firstFragment asks again: gopacket does not look into fragments, not even the only one of a
// packet.
func firstFragment(protocol layers.IPProtocol, payload []byte,
	network gopacket.NetworkLayer) opinion {
	return walk(gopacket.NewPacket(payload, protocol, gopacket.NoCopy), payload, network)
}

// plain tells what we look into. There is more that gopacket does: LLC, PPPoE, MPLS, and several
// tunnels.
func plain(t layers.EthernetType) bool {
	return slices.Contains([]layers.EthernetType{
		layers.EthernetTypeIPv4, layers.EthernetTypeIPv6, layers.EthernetTypeDot1Q,
		layers.EthernetTypeQinQ,
	}, t)
}

func extension(p layers.IPProtocol) bool {
	return slices.Contains([]layers.IPProtocol{
		layers.IPProtocolTCP, layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing,
		layers.IPProtocolIPv6Destination, layers.IPProtocolIPv6Fragment,
	}, p)
}

// tolerated are complaints about what we do not look at: options of IP, and hardware addresses that
// were cut.
var tolerated = regexp.MustCompile(`(?i)option|jumbo|address length`)

// refused returns notSure if gopacket gave up over something that is nothing to us.
func refused(packet gopacket.Packet, o opinion) opinion {
	if failure := packet.ErrorLayer(); failure != nil &&
		tolerated.MatchString(failure.Error().Error()) {
		return notSure
	}
	return o
}

func opinionOfTCP(l *layers.TCP, network gopacket.NetworkLayer) opinion {
	if l.DataOffset < 5 { // it returns such a packet together with an error
		return notTCP
	}
	src, _ := netip.AddrFromSlice(network.NetworkFlow().Src().Raw())
	dst, _ := netip.AddrFromSlice(network.NetworkFlow().Dst().Raw())
	return opinion{tcpPacket{
		from: netip.AddrPortFrom(src, uint16(l.SrcPort)),
		to:   netip.AddrPortFrom(dst, uint16(l.DstPort)),
		seq:  l.Seq, syn: l.SYN, ack: l.ACK, fin: l.FIN, rst: l.RST,
		payload: l.Payload,
	}, true, true}
}

// compareFrame reports whether gopacket has an opinion.
func compareFrame(t rapid.TB, link linkType, frame []byte) bool {
	t.Helper()
	our, their := ourOpinion(link, frame), gopacketOpinion(link, frame)
	if their.sure && our.String() != their.String() {
		t.Fatalf("link type %d, %x:\n%v, to gopacket\n%v", link, frame, our, their)
	}
	return their.sure
}
