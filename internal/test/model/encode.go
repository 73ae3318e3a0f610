package model

import (
	"bytes"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Two worlds are the same if the protocol cannot tell them apart. The encoding of a state is that
// of the first of all worlds that are the same: numbers of sockets are dropped, and global_seq, of
// which only the order counts, is renumbered.

// normalize brings the state into the form that stands for all that are the same.
func (s *state) normalize(c *Config) {
	for k := range s.sockets {
		if s.sockets[k].used && s.idleEnd(c, int8(k)) {
			s.sockets[k] = socket{}
		}
	}
	for x := low; x <= high; x++ {
		// Of a message that may be lost nobody will ask whether it was delivered.
		s.peers[x.other()].user.ever |= 1<<(s.peers[x].user.excused+1) - 2
		s.renumber(x, c.GlobalSeqAhead)
	}
}

// idleEnd reports whether the client of a socket is gone and the accepting end closes without
// consequence: it has nothing to read, or only a connect message with a global_seq that is stale
// and stays so.
func (s *state) idleEnd(c *Config, k int8) bool {
	sock := &s.sockets[k]
	server := sock.client.other()
	p := &s.peers[server].pipe
	if sock.open[sock.client] || p.link == k {
		return false
	}
	if sock.to[server].n == 0 {
		return true
	}
	// The pipe that makes it stale is here to stay, unless it is lossy, or its accept may still
	// fail.
	return !c.KeepStale && p.state != protocol.Closed && !p.lossy &&
		(p.phase != decided || p.replaced) &&
		uint32(sock.to[server].frames[0].globalSeq) < p.session.PeerGlobalSeq
}

// globalSeqs calls f with every global_seq of x in the world, except the counter itself.
func (s *state) globalSeqs(x side, f func(*uint8)) {
	p := &s.peers[x.other()].pipe
	if p.state != protocol.Closed {
		seen := uint8(p.session.PeerGlobalSeq)
		f(&seen)
		p.session.PeerGlobalSeq = uint32(seen)
		if p.phase == seqRead {
			f(&p.replyGlobalSeq)
		}
	}
	for k := range s.sockets {
		sock := &s.sockets[k]
		if !sock.used {
			continue
		}
		for to := range sock.to {
			d := &sock.to[to]
			for i := range d.frames[:d.n] {
				switch fr := &d.frames[i]; {
				case fr.kind == frameConnect && sock.client == x,
					fr.kind == frameReply && fr.tag == uint8(wire.TagRetryGlobal) &&
						sock.client == x,
					fr.kind == frameReply && fr.tag != uint8(wire.TagRetryGlobal) &&
						sock.client != x:
					f(&fr.globalSeq)
				}
			}
		}
	}
}

// renumber closes the gaps between the values of x's global_seq. A value above the counter is left
// from before a restart; how far above it is matters, but no more than the counter may rise in
// between.
func (s *state) renumber(x side, ahead uint8) {
	far := 3 + ahead
	counter := &s.peers[x].globalSeq
	present := uint64(1)<<*counter | 1
	s.globalSeqs(x, func(v *uint8) { present |= 1 << *v })
	var to [64]uint8
	last, n := uint8(0), uint8(0)
	for v := uint8(1); v < 64 && present>>v != 0; v++ {
		if present>>v&1 == 0 {
			continue
		}
		if last < *counter {
			n++
		} else {
			n += min(v-last, far)
		}
		to[v], last = n, v
	}
	s.globalSeqs(x, func(v *uint8) { *v = to[*v] })
	*counter = to[*counter]
}

func bit(b bool, n int) byte {
	if b {
		return 1 << n
	}
	return 0
}

// encode appends the encoding of a normalized state.
func (s *state) encode(b []byte) []byte {
	b = append(b, s.cuts|s.disruptions<<3|s.contests<<5)
	for x := range s.peers {
		b = s.peers[x].encode(b)
	}
	var buffers [maxSockets][2 + 2*maxFrames*4]byte
	var sockets [maxSockets][]byte
	n := 0
	for k := range s.sockets {
		if !s.sockets[k].used {
			continue
		}
		e := s.encodeSocket(buffers[k][:0], k)
		i := n
		for ; i > 0 && bytes.Compare(e, sockets[i-1]) < 0; i-- {
			sockets[i] = sockets[i-1]
		}
		sockets[i] = e
		n++
	}
	for _, e := range sockets[:n] {
		b = append(b, e...)
	}
	return b
}

func (p *peer) encode(b []byte) []byte {
	r, u := &p.pipe, &p.user
	s := &r.session
	b = append(b,
		byte(r.state)|byte(r.phase)<<3|bit(r.lossy, 6)|bit(r.replyLossy, 7),
		bit(s.Keepalive, 0)|bit(s.PeerWaits, 1)|bit(s.wasOpen, 2)|bit(s.agreed, 3)|bit(u.owed,
			4)|bit(r.replaced, 5)|bit(r.seq, 6)|bit(u.fresh, 7),
		bit(r.tried.refused, 0)|bit(r.tried.answered, 1)|u.sent<<2|u.excused<<4|bit(s.KeepaliveAck,
			6),
		u.delivered>>1|u.ever>>1<<3|u.mayReset<<6,
		p.globalSeq)
	if r.state == protocol.Closed {
		return b
	}
	b = append(b, byte(s.ConnectSeq), byte(s.PeerGlobalSeq), byte(s.InSeq), byte(s.InSeqAcked),
		byte(s.OutSeq), s.out.queued<<4|s.out.sent|bit(s.PromiseBroken, 2)|bit(r.old,
			3)|bit(r.paused, 6)|bit(s.Renounced, 7))
	for _, e := range s.out.queue[:s.out.queued] {
		b = append(b, e.seq<<2|e.message)
	}
	for _, e := range s.out.unacked[:s.out.sent] {
		b = append(b, e.seq<<2|e.message)
	}
	switch r.phase {
	case seqRead:
		b = append(b, r.replyGlobalSeq)
	case decided:
		b = append(b, r.before)
	}
	return b
}

func (p *peer) decode(b []byte) []byte {
	r, u := &p.pipe, &p.user
	s := &r.session
	is := func(i, n int) bool { return b[i]>>n&1 != 0 }
	r.state, r.phase, r.lossy, r.replyLossy = protocol.State(b[0]&7), phase(b[0]>>3&7), is(0, 6),
		is(0, 7)
	s.Keepalive, s.PeerWaits, s.wasOpen = is(1, 0), is(1, 1), is(1, 2)
	s.agreed, u.owed, r.replaced, r.seq, u.fresh = is(1, 3), is(1, 4), is(1, 5), is(1, 6), is(1, 7)
	s.KeepaliveAck = is(2, 6)
	r.tried = credState{refused: is(2, 0), answered: is(2, 1)}
	u.sent, u.excused = b[2]>>2&3, b[2]>>4&3
	u.delivered, u.ever, u.mayReset = b[3]&7<<1, b[3]>>3&7<<1, b[3]>>6
	p.globalSeq = b[4]
	r.link = noLink
	b = b[5:]
	if r.state == protocol.Closed {
		return b
	}
	s.ConnectSeq, s.PeerGlobalSeq = uint32(b[0]), uint32(b[1])
	s.InSeq, s.InSeqAcked, s.OutSeq = uint64(b[2]), uint64(b[3]), uint64(b[4])
	s.out.queued, s.out.sent = b[5]>>4&3, b[5]&3
	s.PromiseBroken, r.old, r.paused, s.Renounced = is(5, 2), is(5, 3), is(5, 6), is(5, 7)
	b = b[6:]
	for i := range s.out.queue[:s.out.queued] {
		s.out.queue[i] = outgoing{message: b[0] & 3, seq: b[0] >> 2}
		b = b[1:]
	}
	for i := range s.out.unacked[:s.out.sent] {
		s.out.unacked[i] = outgoing{message: b[0] & 3, seq: b[0] >> 2}
		b = b[1:]
	}
	switch r.phase {
	case seqRead:
		r.replyGlobalSeq, b = b[0], b[1:]
	case decided:
		r.before, b = b[0], b[1:]
	}
	return b
}

func (s *state) encodeSocket(b []byte, k int) []byte {
	sock := &s.sockets[k]
	b = append(b, byte(sock.client)|bit(sock.open[low], 1)|bit(sock.open[high], 2)|
		bit(s.peers[low].pipe.link == int8(k), 3)|bit(s.peers[high].pipe.link == int8(k), 4),
		sock.to[low].n<<4|sock.to[high].n)
	for to := range sock.to {
		for _, f := range sock.to[to].frames[:sock.to[to].n] {
			switch f.kind {
			case frameConnect:
				b = append(b, byte(f.kind)|f.number<<3, f.connectSeq, f.globalSeq)
			case frameReply:
				b = append(b, byte(f.kind)|f.tag<<3, f.connectSeq, f.globalSeq, f.number)
			default:
				b = append(b, byte(f.kind)|f.message<<3, f.number)
			}
		}
	}
	return b
}

// decode is the inverse of encode.
func (s *state) decode(b []byte) {
	*s = state{cuts: b[0] & 7, disruptions: b[0] >> 3 & 3, contests: b[0] >> 5}
	b = b[1:]
	for x := range s.peers {
		b = s.peers[x].decode(b)
	}
	for k := int8(0); len(b) > 0; k++ {
		sock := &s.sockets[k]
		*sock = socket{used: true, client: side(b[0] & 1), open: [2]bool{b[0]&2 != 0, b[0]&4 != 0}}
		if b[0]&8 != 0 {
			s.peers[low].pipe.link = k
		}
		if b[0]&16 != 0 {
			s.peers[high].pipe.link = k
		}
		sock.to[low].n, sock.to[high].n = b[1]>>4, b[1]&15
		b = b[2:]
		for to := range sock.to {
			for i := range sock.to[to].frames[:sock.to[to].n] {
				f := &sock.to[to].frames[i]
				f.kind = frameKind(b[0] & 7)
				switch f.kind {
				case frameConnect:
					f.number, f.connectSeq, f.globalSeq, b = b[0]>>3, b[1], b[2], b[3:]
				case frameReply:
					f.tag, f.connectSeq, f.globalSeq, f.number, b = b[0]>>3, b[1], b[2], b[3], b[4:]
				default:
					f.message, f.number, b = b[0]>>3, b[1], b[2:]
				}
			}
		}
	}
}
