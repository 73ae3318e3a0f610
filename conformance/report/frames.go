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
	// Connection tells apart sockets of the same name; it counts from 1.
	Connection int
	// FromKit tells who said it.
	FromKit bool
	// End is set in place of a frame when a side has closed the socket, or it has broken, and
	// EndTime is when.
	End     string
	EndTime time.Time
}

// at returns when the frame was complete.
func (f *Frame) at() time.Time {
	if f.Frame == nil {
		return f.EndTime
	}
	return f.Time
}

// Frames returns what was said in a case, frame by frame, in the order in which the frames became
// complete. What is left of frames that never did stands at the end, or before that of its socket.
func Frames(result *conformance.Result) []Frame {
	var frames []Frame
	var open []*conversation
	byNumber := make(map[int]*conversation)
	for _, c := range result.Chunks {
		t := byNumber[c.Connection]
		if t == nil {
			t = newConversation(c, func(f Frame) { frames = append(frames, f) })
			byNumber[c.Connection] = t
			open = append(open, t)
		}
		if c.End == nil {
			t.decoder.Write(direction(c), c.Bytes, c.Time, 0)
			continue
		}
		if t.ended[side(c)] {
			continue // whoever closes a socket hears of it once more when he reads
		}
		t.ended[side(c)] = true
		if t.ended[0] && t.ended[1] {
			t.decoder.Close()
		}
		frames = append(frames, Frame{Socket: c.Socket, Connection: c.Connection,
			FromKit: c.FromKit, End: c.End.Error(), EndTime: c.Time})
	}
	for _, t := range open {
		if !t.ended[0] || !t.ended[1] {
			t.decoder.Close()
		}
	}
	return frames
}

// conversation is what is said on one connection.
type conversation struct {
	decoder *decode.Decoder
	ended   [2]bool // the side that opened the connection, and the other one
}

func newConversation(first conformance.Chunk, emit func(Frame)) *conversation {
	return &conversation{decoder: decode.NewDecoder(func(f *decode.Frame) {
		emit(Frame{Frame: f, Socket: first.Socket, Connection: first.Connection,
			FromKit: (f.Direction == capture.FromClient) == first.Dialed})
	})}
}

// side returns 0 for the end of the connection that has opened it, and 1 for the other one.
func side(c conformance.Chunk) int {
	if c.FromKit == c.Dialed {
		return 0
	}
	return 1
}

// direction tells which end of the connection has sent a chunk.
func direction(c conformance.Chunk) capture.Direction {
	if side(c) == 0 {
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

// some returns the first and the last of so many frames, and how many are left out between them.
// What happened last explains a failure, and what happened first how it came to that.
func some(frames []Frame, first, last int) (head, tail []Frame, leftOut int) {
	if len(frames) <= first+last {
		return frames, nil, 0
	}
	return frames[:first], frames[len(frames)-last:], len(frames) - first - last
}
