package model

import "simplemessenger/protocol"

// Property is something that must hold.
type Property string

// What must hold at every step.
const (
	NoDuplicates Property = "no message is delivered twice"
	InOrder      Property = "messages are delivered in order"
	Numbers      Property = "a message keeps its seq, and is not sent again to a peer that " +
		"is known to have it"
	ResetsHaveCause Property = "a remote reset is told only if the peer restarted, marked us " +
		"down, or never learned of the session"
	OnePipe           Property = "there is one pipe for each peer"
	LossyOneSocket    Property = "a lossy session ends with its socket"
	OnlyTheAdmitted   Property = "sessions are opened with admitted peers only"
	OnlyHigherWaits   Property = "only the side with the higher address is told to wait"
	PeersKeepProtocol Property = "two of our own never break the protocol towards each other"
	ServersWait       Property = "a server does not connect"
	NoIdleConnects    Property = "who may stand by connects only if there is something to send"
)

// What must hold whenever nothing happens by itself any more.
const (
	NothingLost   Property = "no message is lost unless the sender was told"
	ResetsTold    Property = "who checks for resets is told that the peer has lost the session"
	Agreement     Property = "both sides agree on the session"
	Progress      Property = "nothing waits for ever"
	PromiseOfWait Property = "the connection that WAIT promises comes, unless the peer has lost " +
		"its session meanwhile"
	Convergence   Property = "handshakes end"
	ModelTooSmall Property = "the world of the model is large enough"
)

// settled checks a world in which nothing happens by itself any more.
func (m *machine) settled() {
	for x := low; x <= high; x++ {
		m.settledSide(x)
	}
	a, b := &m.s.peers[low], &m.s.peers[high]
	if a.pipe.state != protocol.Open || b.pipe.state != protocol.Open {
		return
	}
	for x := low; x <= high; x++ {
		if m.s.peers[x].user.owed && (m.config.Policies[x].ResetCheck || m.config.GivesUp) {
			m.violate(ResetsTold, "%v was not told that %v has lost the session", x, x.other())
		}
	}
}

// waitedInVain checks that x, which has waited until nothing else could happen, had no reason to
// rely on its peer any more: the peer was restarted, or marked us down.
func (m *machine) waitedInVain(s *state, x side) {
	if !m.disturbed() {
		m.violate(PromiseOfWait, "%v waits in vain", x)
	}
}

func (m *machine) settledSide(x side) {
	p, peer := &m.s.peers[x], &m.s.peers[x.other()]
	s := &p.pipe.session
	switch p.pipe.state {
	case protocol.Connecting, protocol.Wait:
		if !m.mayDespair(x) {
			m.violate(Progress, "%v is in %v for ever", x, p.pipe.state)
		}
	case protocol.Standby:
		if p.pipe.lossy {
			m.violate(LossyOneSocket, "the lossy session of %v goes on without a socket", x)
		}
		if s.hasWork() && !m.mayKeep(x) {
			m.violate(Progress, "%v keeps what it has to send for ever", x)
		}
	case protocol.Open:
		t := &peer.pipe.session
		switch {
		case p.pipe.phase != idle:
			m.violate(Progress, "the handshake of %v does not end", x)
		case peer.pipe.state != protocol.Open || peer.pipe.link != p.pipe.link:
			m.violate(Agreement, "%v is OPEN, %v is %v", x, x.other(), peer.pipe.state)
		case s.ConnectSeq != t.ConnectSeq:
			m.violate(Agreement, "%v has connect_seq %d, %v has %d", x, s.ConnectSeq, x.other(),
				t.ConnectSeq)
		case s.InSeq != t.OutSeq && !m.disturbed():
			m.violate(Agreement, "%v has got everything up to seq %d, %v has sent up to %d", x,
				s.InSeq, x.other(), t.OutSeq)
		case s.out.queued > 0 || s.out.sent > 0:
			m.violate(Progress, "%v waits for ever for acks, or to write", x)
		}
	default:
	}
	for n := p.user.excused + 1; n <= p.user.sent; n++ {
		if peer.user.ever&(1<<n) == 0 && !m.keeps(x, n) {
			m.violate(NothingLost, "%v%d is lost and %v was told nothing", x, n, x)
		}
	}
}

// mayKeep reports whether x may have something to send and no way to do so: a server waits for its
// client to come, and the client has lost the session, or is content in STANDBY.
func (m *machine) mayKeep(x side) bool {
	peer := m.s.peers[x.other()].pipe.state
	return m.config.Policies[x].Server && (peer == protocol.Closed || peer == protocol.Standby)
}

// mayDespair reports whether x may go on connecting for ever: it cannot, and the peer, which could,
// has no reason to.
func (m *machine) mayDespair(x side) bool {
	p, peer := &m.s.peers[x].pipe, &m.s.peers[x.other()].pipe
	return p.paused && (peer.state == protocol.Closed ||
		peer.state == protocol.Standby && !peer.session.hasWork())
}

func (m *machine) keeps(x side, n uint8) bool {
	q := &m.s.peers[x].pipe.session.out
	for _, e := range q.queue[:q.queued] {
		if e.message == n {
			return true
		}
	}
	return false
}
