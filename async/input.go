package async

import (
	"time"

	"simplemessenger/session"
)

// readAhead is how much is read at once.
const readAhead = 64 << 10

// input is what was read and not taken. While nothing arrives it holds no memory.
type input struct {
	buffer   []byte // nil while idle
	r, w     int
	filledAt time.Time // when bytes came last
	short    bool      // behind a large message little is read ahead
	give     *buffers
}

// buffers is the memory of a worker's inputs: one at a time is in use, and few more.
type buffers struct{ free [][]byte }

const buffersKept = 4

func (p *buffers) get() []byte {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return make([]byte, readAhead)
}

func (p *buffers) put(b []byte) {
	if len(p.free) < buffersKept {
		p.free = append(p.free, b)
	}
}

func (in *input) buffered() int { return in.w - in.r }

// ahead returns how much is read at once.
func (in *input) ahead(config *session.Config) int {
	size := min(readAhead, config.PrefetchMaxSize)
	if in.short {
		return min(size, 4<<10)
	}
	return size
}

// next returns the next n bytes, which must be there, valid until the next fill.
func (in *input) next(n int) []byte {
	b := in.buffer[in.r : in.r+n]
	in.r += n
	return b
}

// fill reads what there is, for who needs so many bytes together.
func (in *input) fill(c *carrier, s stream, need int) (int, error) {
	if in.buffer == nil {
		in.buffer, in.give = c.w.buffers.get(), &c.w.buffers
	}
	if in.r == in.w {
		in.r, in.w = 0, 0
	} else if in.r+need > len(in.buffer) {
		in.w = copy(in.buffer, in.buffer[in.r:in.w])
		in.r = 0
	}
	end := min(len(in.buffer), in.w+max(in.ahead(c.config), need-in.buffered()))
	n, err := s.read(in.buffer[in.w:end])
	in.w += max(n, 0)
	if n > 0 {
		in.filledAt = time.Now()
	}
	return n, err
}

// fillBehind reads into part, and a little of what comes behind it, where nothing is buffered. It
// returns how much of part it has read.
func (in *input) fillBehind(c *carrier, s stream, part []byte) (int, error) {
	if in.buffer == nil {
		in.buffer, in.give = c.w.buffers.get(), &c.w.buffers
	}
	in.r, in.w = 0, 0
	n, err := s.readBoth(part, in.buffer[:in.ahead(c.config)])
	if n > len(part) {
		n, in.w = len(part), n-len(part)
	}
	return n, err
}

// relax gives the memory back if there is nothing in it.
func (in *input) relax() {
	if in.buffer != nil && in.r == in.w {
		in.release()
	}
}

func (in *input) release() {
	if in.buffer != nil {
		in.give.put(in.buffer)
		in.buffer, in.r, in.w = nil, 0, 0
	}
}
