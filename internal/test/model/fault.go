package model

import "simplemessenger/protocol"

// breakEnd is the end of a socket as x notices it: an error, or the other end's closing.
func (m *machine) breakEnd(x side, k int8) {
	p := &m.s.peers[x].pipe
	m.note("%v: finds socket %d broken", x, k)
	switch {
	case p.link != k: // of a handshake that is not decided
		m.closeEnd(x, k)
	case p.phase == decided || p.phase == answering:
		m.failOpened(x)
	case p.state == protocol.Connecting:
		m.attemptFailed(x)
	default:
		m.dropLink(x)
		m.afterFault(x)
	}
}

// afterFault is that of fault.go.
func (m *machine) afterFault(x side) {
	p := &m.s.peers[x].pipe
	p.session.requeue()
	after := m.config.Rules.AfterFault(p.state, m.policy(x), p.session.hasWork())
	m.outcomes[Outcome{State: p.state, Next: after.Next}]++
	p.session.Fault(after)
	m.note("  %v: %v", x, after.Next)
	if after.Next == protocol.Closed && p.state != protocol.Open {
		m.violate(NothingLost, "a failed attempt ends the session of %v, which was not even open",
			x)
	}
	m.become(x, after)
}

// giveUp is that of stuck.go: the receiver of a message that never gets through begins the session
// anew.
func (m *machine) giveUp(x side) {
	m.note("%v: gives the session up", x)
	m.disrupted(x)
	m.s.peers[x].user.allow(1)
	// Equals: who has something that does not get through, and can come, must learn of it.
	peer := &m.s.peers[x.other()]
	out := &peer.pipe.session.out
	if equals := m.config.Policies[x].Standby &&
		!m.config.Policies[x].Server; equals && peer.pipe.state == protocol.Open &&
		peer.pipe.link == m.s.peers[x].pipe.link && !m.config.Deaf[x.other()] &&
		out.queued+out.sent > 0 {
		peer.user.owed = true
	}
	m.dropLink(x)
	m.resetSession(x)
	p := &m.s.peers[x].pipe
	p.session.Renounce()
	p.state = m.config.Rules.AfterGivingUp(m.policy(x))
	m.note("  %v: %v", x, p.state)
}

func (m *machine) become(x side, after protocol.Aftermath) {
	p := &m.s.peers[x].pipe
	if after.Next != protocol.Closed {
		p.state = after.Next
		return
	}
	if !p.lossy && p.session.hasWork() {
		m.violate(NothingLost, "the lossless session of %v ends with something queued", x)
	}
	m.tellReset(x)
	*p = registered{state: protocol.Closed, link: noLink}
}
