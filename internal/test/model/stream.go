package model

import "simplemessenger/protocol"

// The open session: writer.go and reader.go.

func (m *machine) writeMessage(x side) {
	p := &m.s.peers[x].pipe
	e, before := p.session.pop(!p.lossy)
	if before != 0 && before != e.seq {
		m.violate(Numbers, "%v sends %v%d again with seq %d, which was %d", x, x, e.message, e.seq,
			before)
	}
	m.note("%v: writes %v%d, seq %d", x, x, e.message, e.seq)
	m.write(x, p.link, frame{kind: frameMessage, message: e.message, number: e.seq})
}

func (m *machine) writeAck(x side) {
	p := &m.s.peers[x].pipe
	n := uint8(p.session.Ack())
	m.note("%v: acks %d", x, n)
	m.write(x, p.link, frame{kind: frameAck, number: n})
}

func (m *machine) writeKeepalive(x side) {
	p := &m.s.peers[x].pipe
	if p.session.TakeKeepalive() {
		m.note("%v: writes KEEPALIVE2", x)
		m.write(x, p.link, frame{kind: frameKeepalive})
		return
	}
	p.session.TakeKeepaliveAck()
	m.note("%v: writes KEEPALIVE2_ACK", x)
	m.write(x, p.link, frame{kind: frameKeepaliveAck})
}

func (m *machine) read(x side, k int8) {
	f := m.s.sockets[k].to[x].pop()
	s := &m.s.peers[x].pipe.session
	switch f.kind {
	case frameKeepalive:
		m.note("%v: reads KEEPALIVE2", x)
		s.OweKeepaliveAck()
	case frameKeepaliveAck:
		m.note("%v: reads KEEPALIVE2_ACK", x)
		s.KeepaliveAnswered()
	case frameAck:
		m.note("%v: reads the ack of %d", x, f.number)
		if uint64(f.number) > s.OutSeq && m.config.seqExchanged() {
			m.violate(Numbers, "%v acks %d, of which %v has sent only %d", x.other(), f.number, x,
				s.OutSeq)
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
	before := s.InSeq
	switch s.Receive(uint64(f.number), m.config.seqExchanged()) {
	case protocol.ReceiptDuplicate:
		m.note("  %v: has it already", x)
		if m.config.seqExchanged() {
			m.violate(Numbers, "%v sends %v%d with seq %d although %v has told that it has %d",
				x.other(), x.other(), f.message, f.number, x, s.InSeq)
		}
		return
	case protocol.ReceiptGap:
		m.violate(Numbers, "%v gets seq %d after %d", x, f.number, before)
	case protocol.ReceiptNext:
	}
	m.deliver(x, f.message)
}
