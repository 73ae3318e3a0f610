package decode

import "fmt"

// Summary counts what was decoded.
type Summary struct {
	Connections int // that speak protocol v1
	Frames      int
	Malformed   int  // frames that a peer must not have sent
	Incomplete  int  // frames of which the recording lacks a part
	Other       int  // connections on which something else was said, or nothing
	CutOff      bool // the file ends within a packet
}

// String returns the form "decode: connections N, frames N, malformed N", followed by the other
// counts unless they are 0.
func (s Summary) String() string {
	text := fmt.Sprintf("decode: connections %d, frames %d, malformed %d", s.Connections, s.Frames,
		s.Malformed)
	if s.Incomplete > 0 {
		text += fmt.Sprintf(", incomplete %d", s.Incomplete)
	}
	if s.Other > 0 {
		text += fmt.Sprintf(", other connections %d", s.Other)
	}
	if s.CutOff {
		text += ", file cut off"
	}
	return text
}

func (s *Summary) count(f *Frame) {
	s.Frames++
	if len(f.Malformed) > 0 {
		s.Malformed++
	}
	if f.Incomplete {
		s.Incomplete++
	}
}
