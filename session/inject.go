package session

import (
	"math/rand/v2"
	"time"
)

// Inject makes trouble on purpose, as the options of the original do. The zero value makes none.
// Users can test their own programs with it.
type Inject struct {
	// SocketFailures: one in so many reads and writes of a socket closes it instead
	// (ms_inject_socket_failures); 0 for none.
	SocketFailures int
	// InternalDelays is slept at places where locks change hands (ms_inject_internal_delays).
	InternalDelays time.Duration
	// DelayProbability is the share of received messages, 0 to 1, whose delivery is delayed
	// (ms_inject_delay_probability), by up to DelayMax (ms_inject_delay_max). Messages behind a
	// delayed one wait for it.
	DelayProbability float64
	DelayMax         time.Duration
	// DelayTypes limits the delays to messages from peers of these types, by name: "osd mon"
	// (ms_inject_delay_type); empty for all.
	DelayTypes string
	// Seed makes the random choices repeatable, as far as the order of events is; 0 takes a random
	// one.
	Seed uint64
}

// Random returns the random choices of one socket or session. Each has its own, or every socket
// would fail at the same place.
func (in *Inject) Random(of uint64) *rand.Rand {
	if in.Seed == 0 {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return rand.New(rand.NewPCG(in.Seed, of))
}
