package model

import "simplemessenger/pipe"

// breakEnd is the end of a socket as x notices it: an error, or the other end's closing.
func (m *machine) breakEnd(x side, k int8) {
	p := &m.s.peers[x].pipe
	m.note("%v: finds socket %d broken", x, k)
	switch {
	case p.link != k: // of a handshake that is not decided
		m.closeEnd(x, k)
	case p.phase == decided || p.phase == answering:
		m.failOpened(x)
	case p.state == pipe.Connecting:
		m.attemptFailed(x)
	default:
		m.dropLink(x)
		m.afterFault(x)
	}
}

// afterFault is that of fault.go.
func (m *machine) afterFault(x side) {
	p := &m.s.peers[x].pipe
	p.session.out.requeue()
	after := m.config.Rules.AfterFault(p.state, m.policy(x), p.session.hasWork())
	m.outcomes[Outcome{State: p.state, Next: after.Next}]++
	p.session.keepaliveAck = false
	m.note("  %v: %v", x, after.Next)
	if after.Next == pipe.Closed && p.state != pipe.Open {
		m.violate(NothingLost, "a failed attempt ends the session of %v, which was not even open", x)
	}
	if after.BumpConnectSeq {
		p.session.connectSeq++
	}
	m.become(x, after)
}

func (m *machine) become(x side, after pipe.Aftermath) {
	p := &m.s.peers[x].pipe
	if after.Next != pipe.Closed {
		p.state = after.Next
		return
	}
	if !p.lossy && p.session.hasWork() {
		m.violate(NothingLost, "the lossless session of %v ends with something queued", x)
	}
	m.tellReset(x)
	*p = registered{state: pipe.Closed, link: noLink}
}
