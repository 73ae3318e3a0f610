package session

import (
	"math/bits"
	"sync"

	"simplemessenger/wire"
)

// body is pooled memory for the parts of received messages. It comes in powers of two, so that a
// small message does not hold a large piece.
type body struct {
	bytes []byte
	class int
}

const (
	// MaxTrustedSize is how much memory a header's word is enough for. What is larger gets its
	// memory while its bytes arrive.
	MaxTrustedSize = 1 << maxBodyBits
	// LargeData is the size from which a data part has memory of its own, so that whoever keeps the
	// front does not keep the data. Smaller ones are better read ahead: of 32 KiB two at a time,
	// which halves the system calls and costs a copy.
	LargeData = 64 << 10

	minBodyBits = 9
	maxBodyBits = 22 // of MaxTrustedSize
)

var bodyPools [maxBodyBits + 1]sync.Pool

// getBody returns at least n bytes, n at most 1<<maxBodyBits.
func getBody(n int) *body {
	class := max(minBodyBits, bits.Len(uint(n-1)))
	if b, ok := bodyPools[class].Get().(*body); ok {
		return b
	}
	return &body{make([]byte, 1<<class), class}
}

// put gives the memory back; nil is nothing.
func (b *body) put() {
	if b != nil {
		bodyPools[b.class].Put(b)
	}
}

// Allot gets memory for the parts: small for those that stand together, large for a long data part.
// Either may be nil, where there is nothing to be read or where it is more than the header's word
// is good for.
func Allot(m *Message, h *wire.MessageHeader) (small, large []byte) {
	together, apart := h.PayloadLen(), uint64(0)
	if h.DataLen >= LargeData {
		together, apart = together-uint64(h.DataLen), uint64(h.DataLen)
	}
	get := func(n uint64, from **body) []byte {
		if n == 0 || n > MaxTrustedSize {
			return nil
		}
		if !m.pooled {
			return make([]byte, n)
		}
		*from = getBody(int(n))
		return (*from).bytes[:n]
	}
	return get(together, &m.small), get(apart, &m.large)
}
