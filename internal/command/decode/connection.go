package decode

import (
	"bytes"
	"slices"
	"time"

	"simplemessenger/internal/command/capture"
	"simplemessenger/wire"
)

// Connection is one decoded connection of a capture.
type Connection struct {
	*capture.Connection
	// Number counts the TCP connections of the file, from 1.
	Number int
	// Start is the time of the first packet with data in the whole file.
	Start  time.Time
	Frames []*Frame
	// Protocol says why there are no frames: another protocol was spoken, or nothing was said. It
	// is empty for protocol v1.
	Protocol string
}

// Connections decodes all connections of a capture.
func Connections(recorded []*capture.Connection) []*Connection {
	var connections []*Connection
	var start time.Time
	for i, c := range recorded {
		for _, chunk := range c.Chunks() {
			if start.IsZero() || chunk.Time.Before(start) {
				start = chunk.Time
			}
			break
		}
		connections = append(connections, decodeConnection(i+1, c))
	}
	for _, c := range connections {
		c.Start = start
	}
	return connections
}

func decodeConnection(number int, recorded *capture.Connection) *Connection {
	c := &Connection{Connection: recorded, Number: number}
	if c.Protocol = otherProtocol(recorded); c.Protocol != "" {
		return c
	}
	known := false
	emit := func(f *Frame) {
		c.Frames = append(c.Frames, f)
		known = known || f.Kind != KindUnknown
	}
	d := NewDecoder(emit)
	if recorded.Midway {
		d = NewMidwayDecoder(emit)
	}
	for direction, chunk := range recorded.Chunks() {
		if chunk.Missing > 0 {
			d.Missing(direction, chunk.Missing)
		}
		d.Write(direction, chunk.Data, chunk.Time, chunk.Packet)
	}
	d.Close()
	if recorded.Midway {
		// The decoder had to look ahead at times, and told one direction later than the other.
		slices.SortStableFunc(c.Frames, func(a, b *Frame) int { return a.Packet - b.Packet })
	}
	if recorded.Midway && !known {
		c.Frames, c.Protocol = nil, "nothing in it looks like protocol v1"
	}
	return c
}

// otherProtocol tells what a connection speaks if it is clearly not protocol v1: whose beginning
// was recorded, and with no banner that is at least a little like ours.
func otherProtocol(c *capture.Connection) string {
	const family = "ceph v0"
	said := false
	for _, d := range []capture.Direction{capture.FromServer, capture.FromClient} {
		s := c.Stream(d)
		if len(s.Chunks) == 0 {
			continue
		}
		if s.Chunks[0].Missing > 0 {
			return "" // cannot tell
		}
		said = true
		start := s.Bytes()
		switch start = start[:min(len(start), wire.BannerSize)]; {
		case bytes.HasPrefix(start, []byte(wire.BannerV2Prefix)):
			return "msgr2"
		case bytes.HasPrefix([]byte(family), start), bytes.HasPrefix(start, []byte(family)):
			return ""
		}
	}
	switch {
	case !said:
		return "nothing was said"
	case c.Midway:
		return ""
	}
	return "not protocol v1"
}
