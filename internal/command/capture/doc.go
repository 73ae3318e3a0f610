// Package capture reads what a packet sniffer recorded and gives back the TCP connections in it:
// for each direction the bytes as the receiver's socket delivered them, cut into chunks that
// remember their packet and time.
//
// It takes pcap and pcapng files with packets of Ethernet (VLAN tags included), Linux "any"
// interfaces (cooked, both versions), loopback interfaces of BSD, or bare IP; and IPv4 or IPv6 in
// them, not in tunnels. Of a packet in fragments only the first one counts. Everything is held in
// memory: it is meant for the captures that somebody looks at, not for a day of traffic.
//
// # Reassembly
//
// Retransmitted bytes are dropped, segments that overtook others wait for what is missing before
// them, and a chunk carries the time at which it became deliverable. Merging both directions by
// time therefore never shows an answer before its question. Bytes that the sniffer lost for good
// are a hole: the chunk behind it says how many are missing.
//
// # No library
//
// The package reads files and packets by itself. gopacket, which could do that, brings 5 MB of
// tables full of pointers into every process that links it; the garbage collector scans them at
// each cycle, and the command got up to 30 % faster without (docs/architecture.md). The tests
// compare with gopacket what is read in files and packets.
//
// Its assemblers would not do here either: they work on a live stream, must guess when to give up
// waiting, cannot tell two connections apart that had the same pair of ports one after the other,
// and do not say in which packet a byte became deliverable.
package capture
