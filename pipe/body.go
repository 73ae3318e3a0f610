package pipe

import (
	"math/bits"
	"sync"
)

// body is pooled memory for the parts of received messages. It comes in powers of two, so that a small message does not hold a
// large piece.
type body struct {
	bytes []byte
	class int
}

const (
	minBodyBits = 9
	maxBodyBits = 22 // maxTrustedSize: larger parts get their memory while they arrive
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
