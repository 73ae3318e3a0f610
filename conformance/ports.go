package conformance

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// portRange hands out ports of 127.0.0.1 in turn.
type portRange struct {
	first, count uint32
	next         atomic.Uint32
}

// Ports of all ranges are below those that systems hand out by themselves: else the socket of
// another case could take one before it is listened to. Those of the kit are lower, or higher, than
// those of all programs, for cases in which addresses are compared.
var (
	lowerPorts   = newPortRange(5000, 5000)
	programPorts = newPortRange(10000, 20000)
	higherPorts  = newPortRange(30000, 2700)
)

// newPortRange begins anywhere: another kit may run beside this one.
func newPortRange(first, count uint32) *portRange {
	r := &portRange{first: first, count: count}
	r.next.Store(rand.Uint32N(count))
	return r
}

// has tells whether a port is one of the range.
func (r *portRange) has(port uint16) bool {
	return uint32(port) >= r.first && uint32(port)-r.first < r.count
}

// listen listens at the next port at which nobody does.
func (r *portRange) listen(ctx context.Context) (l net.Listener, err error) {
	for range 100 {
		port := r.first + r.next.Add(1)%r.count
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", address); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// free returns an address at which nobody listens just now, a new one each time.
func (r *portRange) free() (address string, err error) {
	l, err := r.listen(context.Background())
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
