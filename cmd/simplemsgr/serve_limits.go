package main

import (
	"time"

	"github.com/spf13/pflag"

	"simplemessenger/simplemsgr"
)

// serveLimits is what peers can make serve hold. It answers strangers, so there are always limits.
type serveLimits struct {
	queue, total, sent int64
	sessions           simplemsgr.SessionLimits
}

func (l *serveLimits) add(flags *pflag.FlagSet) {
	flags.Int64Var(&l.queue, "queue-limit", 8<<20,
		"bytes that may wait for one peer; who does not read its answers is not read beyond that; "+
			"-1 for no limit")
	flags.Int64Var(&l.total, "queue-total", 256<<20,
		"bytes that may wait, or be sent and not acked, for all peers together; -1 for no limit")
	flags.Int64Var(&l.sent, "sent-limit", 16<<20,
		"bytes that a peer of a lossless policy may leave without ack")
	flags.DurationVar(&l.sessions.StandbyTimeout, "standby-timeout", 10*time.Minute,
		"how long the session of a client that has gone is kept; 0 for ever")
	flags.IntVar(&l.sessions.PerHost, "sessions-per-host", 4096,
		"sessions that the peers of one host may have; the one longest without a socket makes "+
			"room; 0 for no limit")
	flags.IntVar(&l.sessions.PerPrincipal, "sessions-per-principal", 4096,
		"the same for one authenticated name")
	flags.IntVar(&l.sessions.Total, "sessions", 16384, "the same for all peers together")
}

func (l *serveLimits) set(c *simplemsgr.Config) {
	c.Pipe.QueueLimitBytes, c.Pipe.QueueLimitTotal, c.Pipe.SentLimitBytes = l.queue, l.total, l.sent
	c.Pipe.StopReading = true
	c.Sessions = l.sessions
}
