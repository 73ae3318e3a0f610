package workload

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// Message types of the load.
const (
	typePing  = 2
	typeOther = 50 // of high priority, not answered
)

const headerSize = 4 * 8

// label is what every payload begins with.
type label struct {
	client  uint64 // number of the client
	channel uint64 // of the client's connections, in the order in which they were opened
	epoch   uint64 // how many resets the client was told of on the channel
	number  uint64 // of the ping on the channel, from 1
}

func (l label) append(b []byte) []byte {
	for _, v := range [...]uint64{l.client, l.channel, l.epoch, l.number} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

func decodeLabel(b []byte) (label, bool) {
	if len(b) < headerSize {
		return label{}, false
	}
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return label{u(0), u(1), u(2), u(3)}, true
}

// noise is where payloads are cut from.
var noise = func() []byte {
	b := make([]byte, 8<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}()

// payload is one ping's content: label in front, noise as data.
type payload struct {
	front, data []byte
}

func newPayload(l label, r *rand.Rand, maxSize int) payload {
	// Sizes are spread over the orders of magnitude, 0 among them.
	size := 0
	if maxSize > 0 {
		size = r.IntN(1 << r.IntN(bitLen(maxSize)+1))
	}
	size = min(size, maxSize)
	start := r.IntN(len(noise) - size)
	return payload{l.append(make([]byte, 0, headerSize)), noise[start : start+size]}
}

func bitLen(n int) int {
	bits := 0
	for ; n > 1; n >>= 1 {
		bits++
	}
	return bits
}

func (p payload) equal(front, data []byte) bool {
	return bytes.Equal(p.front, front) && bytes.Equal(p.data, data)
}
