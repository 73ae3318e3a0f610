package capture

import (
	"encoding/binary"
	"net/netip"
)

const tcpHeaderSize = 20

// tcpPacket is what the table wants to know of a packet.
type tcpPacket struct {
	from, to           netip.AddrPort
	seq                uint32
	syn, ack, fin, rst bool
	payload            []byte // the start of it, if the sniffer did not keep all
}

// parseTCP takes an IP packet and reports false for what is not TCP, or damaged.
func parseTCP(b []byte) (tcpPacket, bool) {
	ip, ok := parseIP(b)
	b = ip.payload
	if !ok || len(b) < tcpHeaderSize {
		return tcpPacket{}, false
	}
	header := int(b[12]>>4) * 4
	if header < tcpHeaderSize {
		return tcpPacket{}, false
	}
	const fin, syn, rst, ack = 1 << 0, 1 << 1, 1 << 2, 1 << 4
	flags := b[13]
	return tcpPacket{
		from: netip.AddrPortFrom(ip.from, binary.BigEndian.Uint16(b)),
		to:   netip.AddrPortFrom(ip.to, binary.BigEndian.Uint16(b[2:])),
		seq:  binary.BigEndian.Uint32(b[4:]),
		syn:  flags&syn != 0, ack: flags&ack != 0, fin: flags&fin != 0, rst: flags&rst != 0,
		// The sniffer may have cut the packet within the options; its flags count all the same.
		payload: b[min(header, len(b)):],
	}, true
}
