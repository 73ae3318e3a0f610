package recording

import "fmt"

const (
	// MaxSteps is how many steps a run can have.
	MaxSteps = 200_000
	// MaxBytes is how much memory the steps of a run can take, about: what a browser still carries.
	MaxBytes = 128 << 20
)

// room is what there is for the steps of a run. What comes when it is full is not recorded, which
// the last step says.
type room struct {
	steps, bytes int
	full         bool
}

// admit returns what is to be kept for a step: itself, in its place the note that there is no more
// room, or nothing.
func (r *room) admit(s Step) (kept Step, ok bool) {
	if r.full {
		return Step{}, false
	}
	size := s.bytes()
	if r.steps >= MaxSteps || r.bytes+size > MaxBytes {
		s = Step{At: s.At, Kind: Note, Mark: "alarm", Text: fmt.Sprintf("The recording is full: "+
			"what happens from here on is not in it. It has %d steps of %d MiB, and there can be "+
			"%d, or %d MiB.", r.steps, r.bytes>>20, MaxSteps, MaxBytes>>20)}
		size, r.full = s.bytes(), true
	}
	r.steps++
	r.bytes += size
	return s, true
}

// bytes is how much memory a step takes, about.
func (s *Step) bytes() int {
	const step, said, field, pipe, value = 256, 144, 80, 256, 16
	n := step + len(s.Text) + len(s.Pipes)*pipe
	if s.Frame == nil {
		return n
	}
	n += said + len(s.Frame.Hex) + len(s.Frame.Note)
	for _, text := range s.Frame.Malformed {
		n += len(text) + value
	}
	for i := range s.Frame.Fields {
		f := &s.Frame.Fields[i]
		n += field + value + len(f.Text)
		if text, is := f.Value.(string); is {
			n += len(text)
		}
	}
	return n
}
