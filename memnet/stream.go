package memnet

import (
	"math/rand/v2"
	"time"
)

// kind says what a segment carries.
type kind byte

const (
	data    kind = iota
	syn          // the dial arrives at the server's host
	synAck       // the dial has been taken
	refusal      // nobody listens
	fin          // the end of the stream
	rst          // the sender is gone; what was not read is lost
	cut          // the sender is gone; what comes before can be read
)

// stoppedByStall tells whether a stalled stream keeps the segment from arriving.
// Data may arrive: the reader does not get to see it. The handshake passes.
func (k kind) stoppedByStall() bool { return k == fin || k == rst || k == cut }

// segment is one thing that travels along a stream.
type segment struct {
	kind  kind
	at    time.Time // it arrives then or later
	chunk *chunk    // of data
}

// Stream is one direction of a [Conn]: what one socket writes and the other one
// reads. Its methods install faults and read counters; data goes through the
// sockets.
type Stream struct {
	conn     *Conn
	from, to *socket
	random   *rand.Rand // draws latencies; nil if latency is fixed

	flight   queue[segment] // none arrives before the one in front of it
	arrival  event          // of the first segment in flight
	ready    buffer         // arrived, not yet read
	buffered int            // data in flight and ready, in bytes

	ended      bool // the sender sent FIN, RST or cut: it writes no more
	torn       bool // the sender sent RST or cut: nothing follows
	finArrived bool

	stalled bool
	limit   int64 // while stalled: how many bytes the reader may have had in all

	sent, delivered int64
	writes, reads   int
	faults          []*Fault // those that have not fired, in the order of installation
}

func (s *Stream) init(c *Conn, from, to *socket, r role) {
	s.conn, s.from, s.to = c, from, to
	from.out, to.in = s, s
	s.arrival.fire = s.advance
	if cfg := c.network.config; cfg.MaxLatency > cfg.MinLatency {
		s.random = c.identity.generator(cfg.Seed, r)
	}
}

// Sent returns how many bytes the sender's writes have taken.
func (s *Stream) Sent() int64 {
	s.conn.network.mu.Lock()
	defer s.conn.network.mu.Unlock()
	return s.sent
}

// Delivered returns how many bytes the receiver's reads have returned.
func (s *Stream) Delivered() int64 {
	s.conn.network.mu.Lock()
	defer s.conn.network.mu.Unlock()
	return s.delivered
}

// Writes returns how many writes the sender has begun.
func (s *Stream) Writes() int {
	s.conn.network.mu.Lock()
	defer s.conn.network.mu.Unlock()
	return s.writes
}

// Reads returns how many reads the receiver has begun.
func (s *Stream) Reads() int {
	s.conn.network.mu.Lock()
	defer s.conn.network.mu.Unlock()
	return s.reads
}

// latency draws the latency of the next segment or Write.
func (s *Stream) latency() time.Duration {
	cfg := &s.conn.network.config
	if s.random == nil {
		return cfg.MinLatency
	}
	return cfg.MinLatency + time.Duration(s.random.Int64N(int64(cfg.MaxLatency-cfg.MinLatency)+1))
}

// passes tells whether a segment sent now arrives now. Since the flight is
// empty then, it overtakes nothing.
func (s *Stream) passes(k kind, latency time.Duration) bool {
	return latency == 0 && s.flight.len() == 0 && !s.conn.partitioned() &&
		!(s.stalled && k.stoppedByStall())
}

// room returns how many bytes a write may hand over next: not beyond the
// capacity, nor beyond the next fault that waits for a byte.
func (s *Stream) room() int {
	room := max(s.conn.network.config.ReadBuffer-s.buffered, 0)
	for _, f := range s.faults {
		if f.place == atByte {
			room = int(min(int64(room), f.n-s.sent))
		}
	}
	return room
}

// push sends data, at most room() bytes.
func (s *Stream) push(p []byte, latency time.Duration) {
	s.sent += int64(len(p))
	s.buffered += len(p)
	if s.passes(data, latency) {
		if s.to.listens() {
			s.ready.append(p)
			s.to.readable.Broadcast()
		} else {
			s.refuse(len(p))
		}
		return
	}
	now := time.Now()
	at := now.Add(latency)
	if last := s.flight.last(); last != nil && last.kind == data && last.at.Equal(at) {
		p = p[last.chunk.append(p):]
	}
	for len(p) > 0 {
		c := newChunk(len(p))
		p = p[c.append(p):]
		s.flight.push(segment{kind: data, at: at, chunk: c})
	}
	s.advance(now)
}

// send sends a segment without data.
func (s *Stream) send(k kind) {
	latency := s.latency()
	if s.passes(k, latency) {
		s.arrive(segment{kind: k})
		return
	}
	now := time.Now()
	s.flight.push(segment{kind: k, at: now.Add(latency)})
	s.advance(now)
}

// end sends a FIN, once.
func (s *Stream) end() {
	if s.ended {
		return
	}
	s.ended = true
	s.from.writable.Broadcast()
	s.send(fin)
}

// tear sends a RST or a cut, once.
func (s *Stream) tear(k kind) {
	if s.torn {
		return
	}
	s.ended, s.torn = true, true
	s.from.writable.Broadcast()
	s.send(k)
}

// advance lets all segments arrive whose time has come, and schedules itself for
// the next one. Whoever removes an obstacle calls it.
func (s *Stream) advance(now time.Time) {
	for first := s.flight.first(); first != nil; first = s.flight.first() {
		if s.conn.partitioned() || s.stalled && first.kind.stoppedByStall() {
			return
		}
		if first.at.After(now) {
			if !s.arrival.queued {
				s.conn.network.schedule.add(&s.arrival, first.at, now)
			}
			return
		}
		s.arrive(s.flight.pop())
	}
}

func (s *Stream) arrive(g segment) {
	switch g.kind {
	case data:
		if s.to.listens() {
			s.ready.take(g.chunk)
			s.to.readable.Broadcast()
		} else {
			n := g.chunk.unread()
			g.chunk.free()
			s.refuse(n)
		}
	case syn:
		s.conn.arriveAtServer()
	case synAck:
		s.conn.finishDial(nil)
	case refusal:
		s.conn.finishDial(errRefused)
	case fin:
		s.finArrived = true
		s.to.readable.Broadcast()
	case rst:
		s.to.receiveReset(!s.conn.network.config.ResetKeepsUnread)
	case cut:
		s.to.receiveReset(false)
	}
}

// refuse discards data that arrived at a socket which reads no more.
func (s *Stream) refuse(n int) {
	s.release(n)
	if s.to.closed {
		s.to.out.tear(rst)
	}
}

// release makes room for n more bytes.
func (s *Stream) release(n int) {
	s.buffered -= n
	s.from.writable.Broadcast()
}

// visible returns how many bytes a read may return.
func (s *Stream) visible() int {
	n := s.ready.length
	if s.stalled {
		n = int(min(int64(n), max(s.limit-s.delivered, 0)))
	}
	if most := s.conn.network.config.MaxRead; most > 0 {
		n = min(n, most)
	}
	return n
}

// read moves visible bytes to p.
func (s *Stream) read(p []byte) int {
	n := s.ready.read(p[:min(len(p), s.visible())])
	s.delivered += int64(n)
	s.release(n)
	return n
}

// dropUnread discards what has arrived.
func (s *Stream) dropUnread() {
	if n := s.ready.drop(); n > 0 {
		s.release(n)
	}
}

// dropFlight discards what has not arrived.
func (s *Stream) dropFlight() {
	s.conn.network.schedule.remove(&s.arrival)
	n := 0
	for s.flight.len() > 0 {
		if g := s.flight.pop(); g.kind == data {
			n += g.chunk.unread()
			g.chunk.free()
		}
	}
	if n > 0 {
		s.release(n)
	}
}
