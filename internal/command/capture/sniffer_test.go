package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// sniffer writes packets as a sniffer would have recorded them. Packet n has the time epoch + n
// seconds.
type sniffer struct {
	t       testing.TB
	packets [][]byte
}

var epoch = time.Unix(1_700_000_000, 0).UTC()

var (
	clientEnd = netip.MustParseAddrPort("10.0.0.1:40000")
	serverEnd = netip.MustParseAddrPort("10.0.0.2:6789")
)

// synAck adds the packet that answers a SYN.
func (s *sniffer) synAck(from, to netip.AddrPort, seq uint32) { s.tcp(from, to, "SA", seq, "") }

// tcp adds a packet; flags is a subset of "SAFR", S first.
func (s *sniffer) tcp(from, to netip.AddrPort, flags string, seq uint32, payload string) {
	s.t.Helper()
	tcp := &layers.TCP{SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()),
		Seq: seq, ACK: true}
	for _, flag := range flags {
		switch flag {
		case 'S':
			tcp.SYN, tcp.ACK = true, false
		case 'A':
			tcp.ACK = true
		case 'F':
			tcp.FIN = true
		case 'R':
			tcp.RST = true
		}
	}
	var ip gopacket.SerializableLayer
	ether := &layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6),
		EthernetType: layers.EthernetTypeIPv4}
	if from.Addr().Is4() {
		v4 := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP,
			SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
		ip = v4
		_ = tcp.SetNetworkLayerForChecksum(v4)
	} else {
		v6 := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP,
			SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
		ip, ether.EthernetType = v6, layers.EthernetTypeIPv6
		_ = tcp.SetNetworkLayerForChecksum(v6)
	}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, ether, ip, tcp,
		gopacket.Payload(payload)); err != nil {
		s.t.Fatal(err)
	}
	s.packets = append(s.packets, bytes.Clone(buffer.Bytes()))
}

// open adds the three packets that open a connection, with the given sequence numbers of the SYNs.
func (s *sniffer) open(from, to netip.AddrPort, clientSeq, serverSeq uint32) {
	s.t.Helper()
	s.tcp(from, to, "S", clientSeq, "")
	s.tcp(to, from, "SA", serverSeq, "")
	s.tcp(from, to, "A", clientSeq+1, "")
}

func stamp(number int) time.Time { return epoch.Add(time.Duration(number) * time.Second) }

func (s *sniffer) pcap(order binary.AppendByteOrder, nano bool) []byte {
	magic, fraction := uint32(0xa1b2c3d4), uint32(0)
	if nano {
		magic, fraction = 0xa1b23c4d, 789
	}
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	for _, v := range []uint32{0, 0, 65535, uint32(layers.LinkTypeEthernet)} {
		b = order.AppendUint32(b, v)
	}
	for i, packet := range s.packets {
		for _, v := range []uint32{uint32(stamp(i + 1).Unix()), fraction, uint32(len(packet)),
			uint32(len(packet))} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, packet...)
	}
	return b
}

// pcapng writes the newer format; tsresol is the option of the interface, which is left out if 0.
func (s *sniffer) pcapng(order binary.AppendByteOrder, tsresol byte, perSec uint64) []byte {
	return s.pcapngOf(blockEnhancedPacket, order, tsresol, perSec)
}

// pcapngOf writes the packets into blocks of the given type.
func (s *sniffer) pcapngOf(kind blockType, order binary.AppendByteOrder, tsresol byte,
	perSec uint64) []byte {
	var f ngFile
	f.section(order)
	var options []ngOption
	if tsresol != 0 {
		const name, description = 2, 3 // to be skipped
		options = []ngOption{{name, []byte("eth0")}, {description, []byte("lo")},
			{optionResolution, []byte{tsresol}}}
	}
	f.describe(linkEthernet, 65535, options...)
	f.block(5, make([]byte, 12)) // interface statistics, to be skipped
	for i, packet := range s.packets {
		f.packet(kind, 0, uint64(stamp(i+1).Unix())*perSec, packet, len(packet))
	}
	return f.bytes
}

func (s *sniffer) read() []*Connection {
	s.t.Helper()
	connections, err := Read(bytes.NewReader(s.pcap(binary.LittleEndian, false)))
	if err != nil {
		s.t.Fatalf("Read: %v", err)
	}
	return connections
}

// one reads back the only connection.
func (s *sniffer) one() *Connection {
	s.t.Helper()
	connections := s.read()
	if len(connections) != 1 {
		s.t.Fatalf("got %d connections, want 1", len(connections))
	}
	return connections[0]
}
