package memnet

import "time"

// defaultReadBuffer is the ReadBuffer of a zero Config, in bytes.
const defaultReadBuffer = 256 << 10

// Config describes a Network. The zero value is a network without latency and
// without faults.
type Config struct {
	// Seed selects the random draws: latencies and random failures.
	Seed uint64

	// MinLatency and MaxLatency bound the one-way latency of a segment, both
	// inclusive. A MaxLatency below MinLatency counts as MinLatency, that is, the
	// latency is fixed.
	MinLatency, MaxLatency time.Duration

	// ReadBuffer is how many bytes one direction of a connection holds, in flight
	// and unread together, before writes wait. Default 256 KiB.
	ReadBuffer int

	// MaxRead is the largest number of bytes that one Read returns. Default 0: no
	// limit. A small value exercises the short reads that a real network produces.
	MaxRead int

	// FailOneIn breaks a connection at one in so many of its reads and writes,
	// chosen at random, as by [Stream.AtRead] or [Stream.AtWrite] with [Cut].
	// Default 0: never. [Network.SetFailOneIn] changes it later.
	FailOneIn int

	// ResetKeepsUnread lets data that arrived before a RST be read after it, as
	// Linux does. By default it is lost, as in other systems. It does not matter
	// to Conn.Reset, which always drops, nor to cuts, which never do.
	ResetKeepsUnread bool
}

func (c Config) withDefaults() Config {
	if c.MinLatency < 0 {
		c.MinLatency = 0
	}
	if c.MaxLatency < c.MinLatency {
		c.MaxLatency = c.MinLatency
	}
	if c.ReadBuffer <= 0 {
		c.ReadBuffer = defaultReadBuffer
	}
	return c
}
