package model

import (
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// The accepting side: accept.go and replace.go.

// decide reads a connect message, decides, and carries the decision out, all but the writing of an
// opening reply.
func (m *machine) decide(x side, k int8) {
	sock := &m.s.sockets[k]
	f := sock.to[x].pop()
	a := m.arrival[x]
	a.Connect = m.connectOf(f)
	if m.contest(&m.s, x, f) {
		m.s.contests--
	}
	d := m.config.Rules.DecidePeer(a)
	if d.Case == protocol.CaseNone && m.config.Trouble.credentials() {
		d = m.config.Rules.Verify(Credentials{Valid: f.number&credValid != 0,
			Answered: f.number&credAnswered != 0,
			Demanded: m.config.Trouble == Challenges})
	}
	if d.Case == protocol.CaseNone {
		d = m.config.Rules.DecideSession(a, m.existing(x))
	}
	m.cases[d.Case]++
	m.note("%v: decides over the connect on socket %d: %v: %v", x, k, d.Case, m.tag(d))
	if d.WakeExisting {
		m.s.peers[x].pipe.session.Promise()
	}
	if !d.Opens() {
		m.write(x, k, frame{kind: frameReply, tag: uint8(d.Tag), connectSeq: uint8(d.ConnectSeq),
			globalSeq: uint8(d.GlobalSeq)})
		return
	}
	m.openIncoming(x, k, f, d)
}

// contest reports whether a connect message comes with too low a connect_seq to a side that is
// connecting itself. RETRY_SESSION then lifts the sender's number above ours, so that our own
// connect message, if it is late, is too low in its turn: as long as each message is overtaken by
// the answer to the other, this goes on. The model limits how often it happens.
func (m *machine) contest(s *state, x side, f frame) bool {
	p := &s.peers[x].pipe
	return p.state == protocol.Connecting && !p.paused &&
		uint32(f.connectSeq) < p.session.ConnectSeq &&
		uint32(f.globalSeq) >= p.session.PeerGlobalSeq
}

func (m *machine) tag(d protocol.Decision) wire.Tag {
	if d.Opens() && m.config.Rules.Seq(d, m.config.Features) {
		return wire.TagSeq
	}
	return d.Tag
}

func (m *machine) existing(x side) *protocol.Existing {
	p := &m.s.peers[x].pipe
	if p.state == protocol.Closed {
		return nil
	}
	return &protocol.Existing{State: p.state, ConnectSeq: p.session.ConnectSeq,
		PeerGlobalSeq: p.session.PeerGlobalSeq,
		Lossy:         p.lossy, Server: m.config.Policies[x].Server,
		Insists:   p.phase == seqRead || p.phase == asking && !p.old && !p.session.PromiseBroken,
		Renounced: p.session.Renounced}
}

func (m *machine) openIncoming(x side, k int8, c frame, d protocol.Decision) {
	p := &m.s.peers[x].pipe
	if t := m.config.Trouble; t.Refuses() && t != ClientRequires ||
		t.credentials() && c.number&credValid == 0 ||
		t == Challenges && c.number&credAnswered == 0 {
		m.violate(OnlyTheAdmitted, "%v opens a session with a peer that does not fit", x)
	}
	switch {
	case d.Replace && p.state == protocol.Closed:
		m.violate(OnePipe, "%v is to replace a pipe that does not exist", x)
	case !d.Replace && p.state != protocol.Closed:
		m.violate(OnePipe, "%v has two pipes for its peer", x)
	}
	var s session
	if d.Replace {
		s = m.takeOver(x, d)
	}
	before := uint8(s.ConnectSeq)
	s.Open(uint32(c.connectSeq)+1, uint32(c.globalSeq), true)
	*p = registered{state: protocol.Open, link: k, phase: decided,
		lossy: m.config.Policies[x].Lossy, session: s,
		before: before, replaced: d.Replace, seq: m.tag(d) == wire.TagSeq}
	m.opened(x)
}

// takeOver ends the registered pipe and returns the session for the one that replaces it.
func (m *machine) takeOver(x side, d protocol.Decision) session {
	p := &m.s.peers[x].pipe
	if p.phase == decided && p.session.ConnectSeq == 1 {
		m.allowReset(x) // the reply to a first connect message will never be written
	}
	if d.Case == protocol.CaseLossyExisting {
		m.dropLink(x)
		m.tellReset(x)
		return session{}
	}
	if d.ResetExisting {
		m.resetSession(x)
	}
	m.dropLink(x)
	s := p.session
	s.requeue()
	s.TakeOver(d.FreshPeer)
	return s
}

// resetSession begins the session anew because the peer has lost it.
func (m *machine) resetSession(x side) {
	m.s.peers[x].pipe.session.reset()
	m.tellRemoteReset(x)
}

// writeReply writes READY, or SEQ with in_seq.
func (m *machine) writeReply(x side) {
	p := &m.s.peers[x].pipe
	k, s := p.link, &p.session
	f := frame{kind: frameReply, tag: uint8(wire.TagReady), connectSeq: uint8(s.ConnectSeq),
		globalSeq: m.nextGlobalSeq(x, 0)}
	if p.seq {
		f.tag, f.number = uint8(wire.TagSeq), uint8(s.InSeq)
		p.phase = answering
	} else {
		p.endHandshake()
	}
	m.note("%v: writes %v, connect_seq %d", x, wire.Tag(f.tag), f.connectSeq)
	m.write(x, k, f)
}

// readSeq is the end of the SEQ exchange.
func (m *machine) readSeq(x side, k int8) {
	f := m.s.sockets[k].to[x].pop()
	p := &m.s.peers[x].pipe
	m.note("%v: reads in_seq %d", x, f.number)
	p.session.discardRequeued(f.number)
	p.endHandshake()
}

// failOpened deals with a socket that fails between the decision and the end of the handshake.
func (m *machine) failOpened(x side) {
	p := &m.s.peers[x].pipe
	replied, before, replaced := p.phase == answering, p.before, p.replaced
	m.dropLink(x)
	p.session.requeue()
	if !replied {
		p.session.FailAccept(uint32(m.config.Rules.FailedAccept(before,
			uint8(p.session.ConnectSeq)-1)))
	}
	after := m.config.Rules.AfterFailedAccept(m.policy(x), p.session.out.queued > 0, replaced)
	m.outcomes[Outcome{FailedAccept: true, State: p.state, Next: after.Next}]++
	m.note("  %v: the accept has failed: %v", x, after.Next)
	m.become(x, after)
}
