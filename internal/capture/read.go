package capture

import (
	"io"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/pkg/errors"
)

// ErrCutOff says that the file ends within a packet, as happens when the sniffer was killed. What was read before is
// returned along with it.
var ErrCutOff = errors.New("capture ends within a packet")

// ErrFormat says that the input is neither pcap nor pcapng.
var ErrFormat = errors.New("not a pcap or pcapng file")

// Read reads a pcap or pcapng file and returns the TCP connections in it, ordered by their first packet. Packets that
// are not TCP are skipped. If the file is cut off or damaged on the way, the connections up to there are returned
// together with an error (ErrCutOff for the former).
func Read(r io.Reader) ([]*Connection, error) {
	next, err := open(r)
	if err != nil {
		return nil, err
	}
	var t table
	for number := 1; ; number++ {
		rec, err := next()
		switch {
		case errors.Is(err, io.EOF):
			return t.finish(), nil
		case err != nil:
			return t.finish(), errors.WithMessagef(err, "capture: packet %d", number)
		}
		packet := gopacket.NewPacket(rec.data, rec.linkType, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok {
			continue
		}
		from, to, ok := addresses(packet.NetworkLayer(), tcp)
		if !ok {
			continue
		}
		t.add(from, to, tcp, segment{data: tcp.Payload, packet: number, time: rec.time})
	}
}

func addresses(network gopacket.NetworkLayer, tcp *layers.TCP) (from, to netip.AddrPort, ok bool) {
	if network == nil {
		return from, to, false
	}
	flow := network.NetworkFlow()
	src, srcOK := netip.AddrFromSlice(flow.Src().Raw())
	dst, dstOK := netip.AddrFromSlice(flow.Dst().Raw())
	return netip.AddrPortFrom(src, uint16(tcp.SrcPort)), netip.AddrPortFrom(dst, uint16(tcp.DstPort)), srcOK && dstOK
}
