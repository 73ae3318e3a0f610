package report

import (
	"encoding/binary"
	"io"
	"time"

	"simplemessenger/conformance"
)

// Sizes of what stands before the bytes of a packet, and what a packet may carry.
const (
	ethernetSize = 14
	ipSize       = 20
	tcpSize      = 20
	maxSegment   = 60000
	firstPort    = 50001
	serverPort   = 6789 // where Wireshark expects Ceph
)

// Flags of TCP.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// WritePcap writes what was said in a case as a capture, of classic pcap with Ethernet. The packets
// are made: the bytes and times are true, addresses and ports are 127.0.0.1, 6789 for the side that
// accepted and 50001 and up for the one that opened the socket.
func WritePcap(w io.Writer, result *conformance.Result) error {
	p := &pcapWriter{w: w, sockets: make(map[int]*stream)}
	var header [24]byte
	binary.LittleEndian.PutUint32(header[0:], 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(header[4:], 2)
	binary.LittleEndian.PutUint16(header[6:], 4)
	binary.LittleEndian.PutUint32(header[16:], 1<<18)
	binary.LittleEndian.PutUint32(header[20:], 1) // Ethernet
	p.write(header[:])
	for _, c := range result.Chunks {
		p.chunk(c)
	}
	return p.err
}

type pcapWriter struct {
	w       io.Writer
	sockets map[int]*stream
	err     error
}

// stream is one connection: the next number of each side, the client's first.
type stream struct {
	port  uint16
	next  [2]uint32
	ended [2]bool
}

func (p *pcapWriter) write(b []byte) {
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
}

func (p *pcapWriter) chunk(c conformance.Chunk) {
	s := p.sockets[c.Connection]
	if s == nil {
		s = &stream{port: uint16(firstPort + len(p.sockets)), next: [2]uint32{1000, 2000}}
		p.sockets[c.Connection] = s
		p.packet(s, 0, c.Time, syn, nil)
		p.packet(s, 1, c.Time, syn|ack, nil)
		p.packet(s, 0, c.Time, ack, nil)
	}
	side := side(c)
	if c.End != nil {
		if !s.ended[side] {
			s.ended[side] = true
			p.packet(s, side, c.Time, fin|ack, nil)
		}
		return
	}
	for b := c.Bytes; len(b) > 0; {
		n := min(len(b), maxSegment)
		p.packet(s, side, c.Time, psh|ack, b[:n])
		b = b[n:]
	}
}

// packet writes one packet from a side, and counts what it carries.
func (p *pcapWriter) packet(s *stream, side int, at time.Time, flags byte, data []byte) {
	size := ethernetSize + ipSize + tcpSize + len(data)
	b := make([]byte, 16+size)
	binary.LittleEndian.PutUint32(b[0:], uint32(at.Unix()))
	binary.LittleEndian.PutUint32(b[4:], uint32(at.Nanosecond()/1000))
	binary.LittleEndian.PutUint32(b[8:], uint32(size))
	binary.LittleEndian.PutUint32(b[12:], uint32(size))
	ethernet := b[16:]
	binary.BigEndian.PutUint16(ethernet[12:], 0x0800)
	ip := ethernet[ethernetSize:]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(ipSize+tcpSize+len(data)))
	copy(ip[12:], []byte{127, 0, 0, 1, 127, 0, 0, 1})
	binary.BigEndian.PutUint16(ip[10:], checksum(ip[:ipSize]))
	tcp := ip[ipSize:]
	ports := [2]uint16{s.port, serverPort}
	binary.BigEndian.PutUint16(tcp[0:], ports[side])
	binary.BigEndian.PutUint16(tcp[2:], ports[1-side])
	binary.BigEndian.PutUint32(tcp[4:], s.next[side])
	if flags&ack != 0 {
		binary.BigEndian.PutUint32(tcp[8:], s.next[1-side])
	}
	tcp[12], tcp[13] = tcpSize/4<<4, flags
	binary.BigEndian.PutUint16(tcp[14:], 65535)
	copy(tcp[tcpSize:], data)
	p.write(b)
	s.next[side] += uint32(len(data))
	if flags&(syn|fin) != 0 {
		s.next[side]++
	}
}

// checksum is that of a header of IP. That of TCP is left out, as network cards do it.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
