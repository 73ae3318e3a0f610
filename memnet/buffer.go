package memnet

import "sync"

// Sizes of chunks. Most frames of a handshake fit a small one, so that thousands
// of connections with a few unread bytes cost little.
const (
	smallChunk = 512
	largeChunk = 32 << 10
)

var (
	smallChunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, smallChunk)} }}
	largeChunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, largeChunk)} }}
)

// chunk is a piece of a stream. It has one owner at a time: a segment in flight
// or a buffer.
type chunk struct {
	data []byte // written so far
	read int    // how much of data has been consumed
}

// newChunk returns an empty chunk fit for size bytes or as many as a chunk holds.
func newChunk(size int) *chunk {
	if size <= smallChunk {
		return smallChunks.Get().(*chunk)
	}
	return largeChunks.Get().(*chunk)
}

// append copies as much of p as fits and returns how much that is.
func (c *chunk) append(p []byte) int {
	n := min(len(p), cap(c.data)-len(c.data))
	c.data = append(c.data, p[:n]...)
	return n
}

func (c *chunk) unread() int { return len(c.data) - c.read }

// free gives the chunk back; nobody may use it afterwards.
func (c *chunk) free() {
	c.data, c.read = c.data[:0], 0
	if cap(c.data) == smallChunk {
		smallChunks.Put(c)
	} else {
		largeChunks.Put(c)
	}
}

// buffer is a first-in first-out run of bytes.
type buffer struct {
	chunks queue[*chunk]
	length int // bytes in all chunks
}

// append copies p to the end.
func (b *buffer) append(p []byte) {
	b.length += len(p)
	if last := b.chunks.last(); last != nil {
		p = p[(*last).append(p):]
	}
	for len(p) > 0 {
		c := newChunk(len(p))
		p = p[c.append(p):]
		b.chunks.push(c)
	}
}

// take puts c at the end and owns it from now on.
func (b *buffer) take(c *chunk) {
	if last := b.chunks.last(); last != nil && c.unread() <= cap((*last).data)-len((*last).data) {
		b.append(c.data[c.read:])
		c.free()
		return
	}
	b.length += c.unread()
	b.chunks.push(c)
}

// read moves bytes from the front to p.
func (b *buffer) read(p []byte) int {
	n := 0
	for n < len(p) && b.length > 0 {
		c := *b.chunks.first()
		m := copy(p[n:], c.data[c.read:])
		c.read += m
		n += m
		b.length -= m
		if c.unread() == 0 {
			b.chunks.pop()
			c.free()
		}
	}
	return n
}

// drop discards everything and returns how many bytes that was.
func (b *buffer) drop() int {
	n := b.length
	for b.chunks.len() > 0 {
		b.chunks.pop().free()
	}
	b.length = 0
	return n
}

// queue is a first-in first-out list that reuses its storage.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

func (q *queue[T]) push(v T) {
	if q.head > 0 && len(q.items) == cap(q.items) && q.head >= len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

// first returns the oldest item, nil if there is none.
func (q *queue[T]) first() *T {
	if q.len() == 0 {
		return nil
	}
	return &q.items[q.head]
}

// last returns the newest item, nil if there is none.
func (q *queue[T]) last() *T {
	if q.len() == 0 {
		return nil
	}
	return &q.items[len(q.items)-1]
}

// pop removes and returns the oldest item; there must be one.
func (q *queue[T]) pop() T {
	v := q.items[q.head]
	clear(q.items[q.head : q.head+1])
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return v
}
