package main

import (
	"github.com/spf13/pflag"

	"simplemessenger/simplemsgr"
)

// serveLimits is what peers can make serve hold. It answers strangers, so there are always limits.
type serveLimits struct {
	queue, total, sent int64
}

func (l *serveLimits) add(flags *pflag.FlagSet) {
	flags.Int64Var(&l.queue, "queue-limit", 8<<20, "bytes that may wait for one peer; who does not read its answers is not read beyond that; -1 for no limit")
	flags.Int64Var(&l.total, "queue-total", 256<<20, "bytes that may wait, or be sent and not acked, for all peers together; -1 for no limit")
	flags.Int64Var(&l.sent, "sent-limit", 16<<20, "bytes that a peer of a lossless policy may leave without ack")
}

func (l *serveLimits) set(c *simplemsgr.Config) {
	c.Pipe.QueueLimitBytes, c.Pipe.QueueLimitTotal, c.Pipe.SentLimitBytes = l.queue, l.total, l.sent
	c.Pipe.StopReading = true
}
