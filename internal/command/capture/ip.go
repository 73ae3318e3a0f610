package capture

import (
	"encoding/binary"
	"net/netip"
)

const (
	ipv4HeaderSize = 20
	ipv6HeaderSize = 40

	protocolTCP = 6

	// The extension headers of IPv6 that may stand before TCP.
	protocolHopByHop    = 0
	protocolRouting     = 43
	protocolFragment    = 44
	protocolDestination = 60

	extensionUnit = 8 // sizes of extension headers are multiples of it
)

// ipPacket is an IP packet that holds TCP. Of a packet in fragments only the first one, in which
// the TCP header is, counts, as if the sniffer had kept no more.
type ipPacket struct {
	from, to netip.Addr
	payload  []byte // without the padding of short frames
}

// parseIP reports false for what is not TCP over IP, or damaged. Checksums are not looked at:
// sniffers see packets before the network card fills them in.
func parseIP(b []byte) (ipPacket, bool) {
	if len(b) == 0 {
		return ipPacket{}, false
	}
	switch b[0] >> 4 {
	case 4:
		return parseIPv4(b)
	case 6:
		return parseIPv6(b)
	}
	return ipPacket{}, false
}

func parseIPv4(b []byte) (ipPacket, bool) {
	if len(b) < ipv4HeaderSize {
		return ipPacket{}, false
	}
	const offsetBits = 0x1fff
	header, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	// the network card is to cut the packet into smaller ones, or it is larger than the field can
	// tell
	if total == 0 {
		total = len(b)
	}
	if header < ipv4HeaderSize || header > total || header > len(b) ||
		binary.BigEndian.Uint16(b[6:])&offsetBits != 0 || b[9] != protocolTCP {
		return ipPacket{}, false
	}
	return ipPacket{
		from:    netip.AddrFrom4([4]byte(b[12:])),
		to:      netip.AddrFrom4([4]byte(b[16:])),
		payload: b[header:min(total, len(b))],
	}, true
}

func parseIPv6(b []byte) (ipPacket, bool) {
	if len(b) < ipv6HeaderSize {
		return ipPacket{}, false
	}
	following, payload := b[6], b[ipv6HeaderSize:]
	// 0 means the same as in IPv4, whether or not an option tells the length.
	if length := int(binary.BigEndian.Uint16(b[4:])); length != 0 {
		payload = payload[:min(length, len(payload))]
	}
	for following != protocolTCP {
		size, ok := extensionSize(following, payload)
		if !ok || size > len(payload) {
			return ipPacket{}, false
		}
		following, payload = payload[0], payload[size:]
	}
	return ipPacket{
		from:    netip.AddrFrom16([16]byte(b[8:])),
		to:      netip.AddrFrom16([16]byte(b[24:])),
		payload: payload,
	}, true
}

// extensionSize returns the size of the extension header that b begins with, if TCP may follow it.
func extensionSize(protocol byte, b []byte) (int, bool) {
	if len(b) < extensionUnit {
		return 0, false
	}
	switch protocol {
	case protocolHopByHop, protocolRouting, protocolDestination:
		return extensionUnit + int(b[1])*extensionUnit, true
	case protocolFragment:
		const offsetBits = 0xfff8
		return extensionUnit, binary.BigEndian.Uint16(b[2:])&offsetBits == 0
	}
	return 0, false
}
