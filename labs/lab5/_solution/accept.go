package main

// decide answers a connect message.
func (m *Machine) decide(l *link, c Connect) {
	p := m.config.Policy
	switch {
	case c.ProtocolVersion != m.config.Version:
		m.answer(l, Reply{Tag: tagBadProtoVer})
	case m.state == none && c.ConnectSeq > 0:
		m.answer(l, Reply{Tag: tagResetSession})
	case m.state == none:
		m.take(l, c, false)
	case c.GlobalSeq < m.peerGlobalSeq:
		m.answer(l, Reply{Tag: tagRetryGlobal, GlobalSeq: m.peerGlobalSeq})
	case m.lossy:
		m.leave()
		m.over()
		m.do(Reset, 0, nil)
		m.take(l, c, false)
	case c.ConnectSeq == 0 && m.connectSeq > 0:
		m.leave()
		if p.ResetCheck {
			m.forget()
			m.do(RemoteReset, 0, nil)
		}
		m.books.inSeq, m.books.told = 0, 0
		m.take(l, c, false)
	case c.ConnectSeq < m.connectSeq:
		m.answer(l, Reply{Tag: tagRetrySession, ConnectSeq: m.connectSeq + 1})
	case c.ConnectSeq == m.connectSeq:
		m.equal(l, c)
	case p.ResetCheck && m.connectSeq == 0:
		m.answer(l, Reply{Tag: tagResetSession})
	default:
		m.leave()
		m.take(l, c, true)
	}
}

// equal: both have counted as far.
func (m *Machine) equal(l *link, c Connect) {
	p := m.config.Policy
	switch {
	case (m.state == open || m.state == standby) && !(p.ResetCheck && m.connectSeq == 0):
		m.answer(l, Reply{Tag: tagRetrySession, ConnectSeq: m.connectSeq + 1})
	case m.state == connecting && m.link != nil && !m.broken && !Lower(m.config.Peer, m.config.Own):
		m.owes = true
		m.answer(l, Reply{Tag: tagWait})
	default:
		m.leave()
		m.take(l, c, true)
	}
}

// leave gives up what the session has of sockets.
func (m *Machine) leave() {
	if m.link != nil {
		m.do(Close, m.link.socket, nil)
		m.link = nil
	}
	m.dialing = false
	if !m.lossy {
		m.books.Broke()
	}
}

// take opens the session on a socket of the peer's.
func (m *Machine) take(l *link, c Connect, goesOn bool) {
	const reconnectSeq = 1 << 6
	delete(m.arriving, l.socket)
	m.link, m.state = l, open
	m.owes, m.broken = false, false
	m.lossy = m.config.Policy.Lossy
	m.connectSeq, m.peerGlobalSeq = c.ConnectSeq+1, c.GlobalSeq
	m.globalSeq++
	r := Reply{Tag: tagReady, GlobalSeq: m.globalSeq, ConnectSeq: m.connectSeq}
	if m.lossy {
		r.Flags = 1
	}
	if goesOn && c.Features&m.config.Features&reconnectSeq != 0 {
		r.Tag = tagSeq
		m.answer(l, r)
		m.do(Write, l.socket, le.AppendUint64(nil, m.books.InSeq()))
		l.phase, m.openedAt = hearing, m.now
		return
	}
	m.answer(l, r)
	m.begin(false, 0)
}

func (m *Machine) answer(l *link, r Reply) {
	r.Features, r.ProtocolVersion = m.config.Features, m.config.Version
	m.do(Write, l.socket, EncodeReply(r))
}
