package capture

import (
	"iter"
	"net/netip"
	"time"
)

// Direction tells which end of a connection sent something.
type Direction uint8

// The two directions.
const (
	FromClient Direction = iota // sent by the end that opened the connection
	FromServer                  // sent by the end that accepted it
)

// String returns ">" for what the client sent and "<" for what the server sent.
func (d Direction) String() string {
	if d == FromClient {
		return ">"
	}
	return "<"
}

// Reverse returns the other direction.
func (d Direction) Reverse() Direction { return FromClient + FromServer - d }

// Connection is one TCP connection of a capture.
type Connection struct {
	Client netip.AddrPort // the end that sent the SYN
	Server netip.AddrPort // the end that answered it

	// Midway says that the capture lacks the connection's SYN: the streams begin somewhere in the
	// middle, and which end is the client was guessed (the one with the higher port, unless another
	// connection tells).
	Midway bool

	// FirstPacket and LastPacket are the numbers of the connection's first and last packet in the
	// file, from 1.
	FirstPacket, LastPacket int

	streams [2]Stream
}

// Stream is what one end of a connection sent.
type Stream struct {
	// Chunks are the bytes in order. A chunk lies in one packet of the capture.
	Chunks []Chunk
	// Size is the number of bytes, those that are missing included.
	Size int64
	// Missing is the number of bytes that the sniffer lost.
	Missing int64
	// Retransmitted is the number of bytes that came more than once.
	Retransmitted int64
	// FIN and RST say how the stream ended; neither if it goes on behind the end of the capture.
	FIN, RST bool
}

// Chunk is a piece of a stream.
type Chunk struct {
	// Offset of the first byte from the start of the stream; for a connection that was captured
	// midway, from the first byte seen.
	Offset int64
	// Missing is the number of bytes lost immediately before this chunk.
	Missing int64
	// Packet is the number of the packet, from 1, with which the chunk became deliverable, and Time
	// its time.
	Packet int
	Time   time.Time
	Data   []byte
}

// Stream returns what was sent in direction d.
func (c *Connection) Stream(d Direction) *Stream { return &c.streams[d] }

// Chunks yields the chunks of both directions in the order in which they became deliverable.
func (c *Connection) Chunks() iter.Seq2[Direction, Chunk] {
	return func(yield func(Direction, Chunk) bool) {
		var next [2]int
		for {
			d := FromClient
			client, server := c.streams[FromClient].Chunks[next[FromClient]:],
				c.streams[FromServer].Chunks[next[FromServer]:]
			switch {
			case len(client) == 0 && len(server) == 0:
				return
			case len(client) == 0, len(server) > 0 && server[0].Packet < client[0].Packet:
				d = FromServer
			}
			chunk := c.streams[d].Chunks[next[d]]
			next[d]++
			if !yield(d, chunk) {
				return
			}
		}
	}
}

// Bytes returns the stream's bytes in one piece, without those that are missing.
func (s *Stream) Bytes() []byte {
	b := make([]byte, 0, s.Size-s.Missing)
	for _, chunk := range s.Chunks {
		b = append(b, chunk.Data...)
	}
	return b
}
