package memnet

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
)

// role is the use that a generator of a connection is made for. Each use has a
// generator of its own, so that, say, the reads of one goroutine do not shift
// the draws for the writes of another.
type role byte

const (
	latencyToServer role = iota
	latencyToClient
	clientRead
	clientWrite
	serverRead
	serverWrite
)

// route is who dials whom.
type route struct {
	client netip.Addr
	server netip.AddrPort
}

// identity names a connection independently of what else happens in the
// network: the nth dial on its route.
type identity struct {
	route
	nth uint64
}

// generator returns the generator for one use of the connection.
func (id identity) generator(seed uint64, r role) *rand.Rand {
	h := fnv.New128a()
	write := func(v uint64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
	client, server := id.client.As16(), id.server.Addr().As16()
	write(seed)
	h.Write(client[:])
	h.Write(server[:])
	write(uint64(id.server.Port()))
	write(id.nth)
	write(uint64(r))
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum),
		binary.LittleEndian.Uint64(sum[8:])))
}
