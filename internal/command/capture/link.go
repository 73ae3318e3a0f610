package capture

import "encoding/binary"

// linkType says what the packets of a file begin with; the numbers are those of the registry at
// tcpdump.org.
type linkType uint32

const (
	linkNull       linkType = 0
	linkEthernet   linkType = 1
	linkRawBSD     linkType = 12 // these two should not be in files, but are
	linkRawOpenBSD linkType = 14
	linkRaw        linkType = 101
	linkLoop       linkType = 108
	linkCooked     linkType = 113 // what Linux gives for the interface "any"
	linkIPv4       linkType = 228
	linkIPv6       linkType = 229
	linkCooked2    linkType = 276
)

// unwrapper returns the function that takes the IP packet out of a frame, and with it what follows
// the packet; it returns nil for other frames. There is no function for a link type that is not
// known.
func unwrapper(link linkType) func(frame []byte) []byte {
	switch link {
	case linkEthernet:
		return unwrapEthernet
	case linkCooked:
		return unwrapCooked
	case linkCooked2:
		return unwrapCooked2
	case linkNull, linkLoop:
		return unwrapLoopback
	case linkRaw, linkRawBSD, linkRawOpenBSD, linkIPv4, linkIPv6:
		return func(frame []byte) []byte { return frame }
	}
	return nil
}

// Types of what a frame holds.
const (
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherVLAN     = 0x8100
	etherProvider = 0x88a8 // the outer one of two tags
)

func unwrapEthernet(frame []byte) []byte {
	const size = 14
	if len(frame) < size {
		return nil
	}
	return untag(binary.BigEndian.Uint16(frame[12:]), frame[size:])
}

// The length of the hardware address does not matter: the header has room for 8 bytes, and longer
// addresses, such as those of InfiniBand, are cut.
func unwrapCooked(frame []byte) []byte {
	const size = 16
	if len(frame) < size {
		return nil
	}
	return untag(binary.BigEndian.Uint16(frame[14:]), frame[size:])
}

func unwrapCooked2(frame []byte) []byte {
	const size = 20
	if len(frame) < size {
		return nil
	}
	return untag(binary.BigEndian.Uint16(frame), frame[size:])
}

// untag takes what a header that ends with that type holds. VLAN tags come first, and each tells
// the type of what follows.
func untag(kind uint16, b []byte) []byte {
	const size = 4
	for kind == etherVLAN || kind == etherProvider {
		if len(b) < size {
			return nil
		}
		kind, b = binary.BigEndian.Uint16(b[2:]), b[size:]
	}
	if kind != etherIPv4 && kind != etherIPv6 {
		return nil
	}
	return b
}

// unwrapLoopback takes what begins with an address family, in the byte order of the machine that
// captured. Each system has its own number for IPv6.
func unwrapLoopback(frame []byte) []byte {
	const size = 4
	if len(frame) < size {
		return nil
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(frame) {
		case 2, 10, 24, 28, 30: // IPv4; IPv6 on Linux, NetBSD and OpenBSD, FreeBSD, macOS
			return frame[size:]
		}
	}
	return nil
}
