package report

import (
	"time"

	"simplemessenger/conformance"
	"simplemessenger/internal/command/capture"
	"simplemessenger/internal/command/decode"
)

// Frame is one thing that one side said in a case.
type Frame struct {
	*decode.Frame
	Socket string
	// FromKit tells who said it.
	FromKit bool
	// End is set in place of a frame when a side has closed the socket, or it has broken.
	End string
}

// Frames returns what was said in a case, frame by frame, in the order in which the frames became
// complete.
func Frames(result *conformance.Result) []Frame {
	var frames []Frame
	decoders := make(map[string]*decode.Decoder)
	for _, c := range result.Chunks {
		if c.End != nil {
			if d := decoders[c.Socket]; d != nil {
				d.Close()
				delete(decoders, c.Socket)
			}
			frames = append(frames, Frame{Socket: c.Socket, FromKit: c.FromKit, End: c.End.Error()})
			continue
		}
		d := decoders[c.Socket]
		if d == nil {
			socket, dialed := c.Socket, c.Dialed
			d = decode.NewDecoder(func(f *decode.Frame) {
				frames = append(frames, Frame{Frame: f, Socket: socket,
					FromKit: (f.Direction == capture.FromClient) == dialed})
			})
			decoders[c.Socket] = d
		}
		d.Write(direction(c), c.Bytes, c.Time, 0)
	}
	for _, d := range decoders {
		d.Close()
	}
	return frames
}

// direction tells which end of the connection has sent a chunk.
func direction(c conformance.Chunk) capture.Direction {
	if c.FromKit == c.Dialed {
		return capture.FromClient
	}
	return capture.FromServer
}

// began returns when the first byte was said.
func began(result *conformance.Result) time.Time {
	if len(result.Chunks) == 0 {
		return time.Time{}
	}
	return result.Chunks[0].Time
}
