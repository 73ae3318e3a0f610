package trace

import (
	"maps"
	"sync"
	"sync/atomic"

	"simplemessenger/wire"
)

// Counters counts events by name, and frames by tag. The zero value is ready. Reading while events
// arrive gives a snapshot that is right for each counter, not across them.
type Counters struct {
	byName sync.Map // string → *atomic.Uint64

	sent, received           [wire.TagChallengeAuthorizer + 1]atomic.Uint64
	bytesSent, bytesReceived atomic.Uint64 // payload of messages
}

// Trace implements Tracer.
func (c *Counters) Trace(r Record) {
	name := r.Event.Name()
	counter, ok := c.byName.Load(name)
	if !ok {
		counter, _ = c.byName.LoadOrStore(name, new(atomic.Uint64))
	}
	counter.(*atomic.Uint64).Add(1)
	switch e := r.Event.(type) {
	case MessageSent:
		c.sent[wire.TagMsg].Add(1)
		c.bytesSent.Add(e.Header.PayloadLen())
	case MessageReceived:
		c.received[wire.TagMsg].Add(1)
		c.bytesReceived.Add(e.Header.PayloadLen())
	case AckSent:
		c.sent[wire.TagAck].Add(1)
	case Acked:
		c.received[wire.TagAck].Add(1)
	case KeepaliveSent:
		c.sent[e.Tag].Add(1)
	case KeepaliveReceived:
		c.received[e.Tag].Add(1)
	case CloseSent:
		c.sent[wire.TagClose].Add(1)
	case CloseReceived:
		c.received[wire.TagClose].Add(1)
	case ReplySent:
		c.sent[e.Reply.Tag].Add(1)
	case ReplyReceived:
		if e.Reply.Tag.Valid() {
			c.received[e.Reply.Tag].Add(1)
		}
	}
}

// Count returns how many events of that name there were.
func (c *Counters) Count(name string) uint64 {
	if counter, ok := c.byName.Load(name); ok {
		return counter.(*atomic.Uint64).Load()
	}
	return 0
}

// CountersSnapshot is a copy of all counters, ready for JSON.
type CountersSnapshot struct {
	Events        map[string]uint64 `json:"events"`
	FramesSent    map[string]uint64 `json:"frames_sent"`
	FramesRcvd    map[string]uint64 `json:"frames_received"`
	BytesSent     uint64            `json:"message_bytes_sent"`
	BytesReceived uint64            `json:"message_bytes_received"`
}

// Snapshot returns a copy of all counters that are not zero.
func (c *Counters) Snapshot() CountersSnapshot {
	s := CountersSnapshot{Events: map[string]uint64{}, FramesSent: map[string]uint64{},
		FramesRcvd: map[string]uint64{},
		BytesSent:  c.bytesSent.Load(), BytesReceived: c.bytesReceived.Load()}
	c.byName.Range(func(name, counter any) bool {
		s.Events[name.(string)] = counter.(*atomic.Uint64).Load()
		return true
	})
	for tag := range c.sent {
		s.FramesSent[wire.Tag(tag).String()] = c.sent[tag].Load()
		s.FramesRcvd[wire.Tag(tag).String()] = c.received[tag].Load()
	}
	zero := func(_ string, n uint64) bool { return n == 0 }
	maps.DeleteFunc(s.FramesSent, zero)
	maps.DeleteFunc(s.FramesRcvd, zero)
	return s
}
