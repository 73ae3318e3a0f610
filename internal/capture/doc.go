// Package capture reads what a packet sniffer recorded and gives back the TCP connections in it: for each direction
// the bytes as the receiver's socket delivered them, cut into chunks that remember their packet and time.
//
// It takes pcap and pcapng files with any link type that gopacket can decode (Ethernet, Linux cooked, raw, loopback)
// and IPv4 or IPv6 without fragments. Everything is held in memory: it is meant for the captures that somebody looks
// at, not for a day of traffic.
//
// # Reassembly
//
// Retransmitted bytes are dropped, segments that overtook others wait for what is missing before them, and a chunk
// carries the time at which it became deliverable. Merging both directions by time therefore never shows an answer
// before its question. Bytes that the sniffer lost for good are a hole: the chunk behind it says how many are missing.
//
// The package reassembles by itself and does not use gopacket's assemblers, because they work on a live stream: they
// must guess when to give up waiting, cannot tell two connections apart that had the same pair of ports one after the
// other, and do not say in which packet a byte became deliverable.
package capture
