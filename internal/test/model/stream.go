package model

// The open session: writer.go and reader.go.

func (m *machine) writeMessage(x side) {
	p := &m.s.peers[x].pipe
	e, before := p.session.out.pop(!p.lossy)
	if before != 0 && before != e.seq {
		m.violate(Numbers, "%v sends %v%d again with seq %d, which was %d", x, x, e.message, e.seq, before)
	}
	m.note("%v: writes %v%d, seq %d", x, x, e.message, e.seq)
	m.write(x, p.link, frame{kind: frameMessage, message: e.message, number: e.seq})
}

func (m *machine) writeAck(x side) {
	p := &m.s.peers[x].pipe
	p.session.inAcked = p.session.in
	m.note("%v: acks %d", x, p.session.in)
	m.write(x, p.link, frame{kind: frameAck, number: p.session.in})
}

func (m *machine) writeKeepalive(x side) {
	p := &m.s.peers[x].pipe
	if p.session.keepalive {
		p.session.keepalive = false
		m.note("%v: writes KEEPALIVE2", x)
		m.write(x, p.link, frame{kind: frameKeepalive})
		return
	}
	p.session.keepaliveAck = false
	m.note("%v: writes KEEPALIVE2_ACK", x)
	m.write(x, p.link, frame{kind: frameKeepaliveAck})
}

func (m *machine) read(x side, k int8) {
	f := m.s.sockets[k].to[x].pop()
	s := &m.s.peers[x].pipe.session
	switch f.kind {
	case frameKeepalive:
		m.note("%v: reads KEEPALIVE2", x)
		s.keepaliveAck = true
	case frameKeepaliveAck:
		m.note("%v: reads KEEPALIVE2_ACK", x)
		s.peerWaits = false // it has come
	case frameAck:
		m.note("%v: reads the ack of %d", x, f.number)
		if f.number > s.out.seq && m.config.seqExchanged() {
			m.violate(Numbers, "%v acks %d, of which %v has sent only %d", x.other(), f.number, x, s.out.seq)
		}
		s.out.ack(f.number)
	case frameMessage:
		m.readMessage(x, f)
	default:
		m.violate(PeersKeepProtocol, "%v gets %v on an open session", x, f)
	}
}

func (m *machine) readMessage(x side, f frame) {
	s := &m.s.peers[x].pipe.session
	m.note("%v: reads %v%d, seq %d", x, x.other(), f.message, f.number)
	if f.number <= s.in {
		m.note("  %v: has it already", x)
		if m.config.seqExchanged() {
			m.violate(Numbers, "%v sends %v%d with seq %d although %v has told that it has %d", x.other(), x.other(), f.message, f.number, x, s.in)
		}
		s.inAcked = min(s.inAcked, f.number-1)
		return
	}
	if s.in != 0 && f.number != s.in+1 {
		m.violate(Numbers, "%v gets seq %d after %d", x, f.number, s.in)
	}
	s.in = f.number
	m.deliver(x, f.message)
}
