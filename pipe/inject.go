package pipe

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// Inject makes trouble on purpose, as the options of the original do. The zero value makes none. Users can test their own programs
// with it.
type Inject struct {
	// SocketFailures: one in so many reads and writes of a socket closes it instead (ms_inject_socket_failures); 0 for none.
	SocketFailures int
	// InternalDelays is slept at places where locks change hands (ms_inject_internal_delays).
	InternalDelays time.Duration
	// DelayProbability is the share of received messages, 0 to 1, whose delivery is delayed (ms_inject_delay_probability), by
	// up to DelayMax (ms_inject_delay_max). Messages behind a delayed one wait for it.
	DelayProbability float64
	DelayMax         time.Duration
	// DelayTypes limits the delays to messages from peers of these types, by name: "osd mon" (ms_inject_delay_type); empty
	// for all.
	DelayTypes string
	// Seed makes the random choices repeatable, as far as the order of events is; 0 takes a random one.
	Seed uint64
}

// failingConn closes itself in one of n reads and writes.
type failingConn struct {
	net.Conn
	n  int
	mu sync.Mutex
	r  *rand.Rand
}

// wrap returns a socket that fails as asked for, or conn itself. It is the attempt-th of a pipe.
func (in *Inject) wrap(conn net.Conn, pipe uint64, attempt int) net.Conn {
	if in.SocketFailures <= 0 {
		return conn
	}
	return &failingConn{Conn: conn, n: in.SocketFailures, r: in.rand(pipe<<32 + uint64(attempt))}
}

// rand returns the random choices of one socket or session. Each has its own, or every socket would fail at the same place.
func (in *Inject) rand(of uint64) *rand.Rand {
	if in.Seed == 0 {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return rand.New(rand.NewPCG(in.Seed, of))
}

func (c *failingConn) strike(what string) error {
	c.mu.Lock()
	hit := c.r.IntN(c.n) == 0
	c.mu.Unlock()
	if !hit {
		return nil
	}
	_ = c.Conn.Close()
	return errors.WithMessagef(ErrInjected, "ms_inject_socket_failures at a %s", what)
}

func (c *failingConn) Read(b []byte) (int, error) {
	if err := c.strike("read"); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *failingConn) Write(b []byte) (int, error) {
	if err := c.strike("write"); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// internalDelay sleeps where locks change hands. Called without locks.
func (p *Pipe) internalDelay() {
	if d := p.config.Inject.InternalDelays; d > 0 {
		time.Sleep(d)
	}
}
