package model

import "simplemessenger/protocol"

// What users do, and what they are told.

// send is Messenger.Send: over the pipe that there is, or a new one. The caller has seen to it that
// there is one of the two ways.
func (m *machine) send(x side) {
	p := &m.s.peers[x]
	if p.pipe.state == protocol.Closed {
		m.open(x)
	}
	p.user.sent++
	p.pipe.session.out.push(p.user.sent)
	m.note("%v: the user sends %v%d", x, x, p.user.sent)
}

// open is Messenger.Connect.
func (m *machine) open(x side) {
	m.s.peers[x].pipe = registered{state: protocol.Connecting, link: noLink,
		lossy: m.config.Policies[x].Lossy}
	m.note("%v: the user opens a connection: CONNECTING", x)
}

// markDown is Connection.MarkDown.
func (m *machine) markDown(x side) {
	m.note("%v: the user marks the connection down", x)
	m.disrupted(x)
	m.dropLink(x)
	m.s.peers[x].pipe = registered{state: protocol.Closed, link: noLink}
}

// restart is the end of a process and the beginning of another one with the same address.
func (m *machine) restart(x side) {
	m.note("%v: restarts", x)
	m.disrupted(x)
	m.dropLink(x)
	for k := range m.s.sockets {
		if m.s.sockets[k].open[x] {
			m.closeEnd(x, int8(k))
		}
	}
	if !m.config.LateConnects {
		m.dropLateConnects()
	}
	p := &m.s.peers[x]
	p.pipe = registered{state: protocol.Closed, link: noLink}
	m.s.globalSeqs(x, func(v *uint8) {
		if *v > 0 {
			*v += m.config.GlobalSeqAhead
		}
	})
	p.globalSeq = 0
	p.user.fresh = false
}

// dropLateConnects loses the connect messages on sockets that their sender has given up.
func (m *machine) dropLateConnects() {
	for k := range m.s.sockets {
		sock := &m.s.sockets[k]
		if server := sock.client.other(); sock.used && !sock.open[sock.client] &&
			m.s.peers[server].pipe.link != int8(k) {
			*sock = socket{}
		}
	}
}

// disrupted notes what users may and must expect after x's session is lost on purpose.
func (m *machine) disrupted(x side) {
	if !m.config.LateConnects {
		m.dropLateConnects()
	}
	p, peer := &m.s.peers[x], &m.s.peers[x.other()]
	p.user.excused = p.user.sent
	p.user.delivered = 0
	p.user.mayReset, p.user.owed = 0, false
	peer.user.allow(1)
	for k := range m.s.sockets {
		// What x has lost may come to light twice: by a connect message that is still in flight,
		// and by the next one.
		if sock := &m.s.sockets[k]; sock.used && sock.client == x && sock.to[x.other()].n > 0 &&
			sock.to[x.other()].frames[0].kind == frameConnect {
			peer.user.allow(1)
		}
	}
	if p.pipe.state != protocol.Closed && p.pipe.session.agreed && peer.pipe.session.agreed {
		peer.user.owed = true
	}
}

// tellRemoteReset is the event: the peer has lost the session, a new one begins on the same handle.
func (m *machine) tellRemoteReset(x side) {
	u := &m.s.peers[x].user
	m.note("  %v: the user is told of a remote reset", x)
	if u.mayReset == 0 {
		m.violate(ResetsHaveCause, "%v is told of a remote reset although nothing was lost", x)
	} else {
		u.mayReset--
	}
	u.owed = false
	u.excused = u.sent
}

// tellReset is the event: the session and its handle are dead.
func (m *machine) tellReset(x side) {
	p := &m.s.peers[x]
	m.note("  %v: the user is told of a reset", x)
	p.user.mayReset, p.user.owed = 0, false
	p.user.excused = p.user.sent
}

// deliver hands a message of the peer to x's user.
func (m *machine) deliver(x side, message uint8) {
	u := &m.s.peers[x].user
	m.note("  %v: the user gets %v%d", x, x.other(), message)
	bit := uint8(1) << message
	switch {
	case u.delivered&bit != 0:
		m.violate(NoDuplicates, "%v gets %v%d twice", x, x.other(), message)
	case u.delivered >= bit:
		m.violate(InOrder, "%v gets %v%d after a later one", x, x.other(), message)
	}
	u.delivered |= bit
	u.ever |= bit
}
