package model

import (
	"fmt"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// machine carries steps out. Its methods mirror those of package pipe, of which they name the file.
type machine struct {
	config  *Config
	s       state
	arrival [2]protocol.Arrival // at each side, without the connect message

	// Of the latest step.
	connects  int  // connect messages sent
	refused   bool // an attempt ended because the two sides do not fit
	violation *Violation
	log       func(string) // nil while exploring

	cases    [protocol.CaseReconnect + 1]int
	actions  [protocol.ActionOpenSeq + 1]int
	outcomes map[Outcome]int
}

// Outcome is one of those that the rules of faults have.
type Outcome struct {
	FailedAccept bool
	State, Next  protocol.State
}

// Violation says which property does not hold, and how that came about.
type Violation struct {
	Property Property
	Detail   string
	Trace    []string
}

func newMachine(c *Config) *machine {
	m := &machine{config: c, outcomes: map[Outcome]int{}}
	for x := range m.arrival {
		// Only the order of the addresses matters.
		m.arrival[x] = protocol.Arrival{
			Peer:       wire.EntityAddr{Nonce: uint32(2 - x)},
			Local:      wire.EntityAddr{Nonce: uint32(1 + x)},
			ResetCheck: c.Policies[x].ResetCheck, ProtocolVersion: 1, Beside: c.Beside,
		}
		if c.Trouble == ServerRequires {
			m.arrival[x].Required = troubleFeature
		}
	}
	return m
}

const troubleFeature = wire.FeatureCephxV2

// initial returns the world in which nothing has happened yet.
func (c *Config) initial() state {
	s := state{cuts: uint8(c.Cuts), disruptions: uint8(c.Disruptions), contests: uint8(c.Contests)}
	for x := range s.peers {
		s.peers[x].pipe = registered{state: protocol.Closed, link: noLink}
	}
	return s
}

// do carries a step out on m.s.
func (m *machine) do(st step) {
	m.connects, m.refused, m.violation = 0, false, nil
	x := st.side
	switch st.kind {
	case stepSend:
		m.send(x)
	case stepOpen:
		m.open(x)
	case stepMarkDown:
		m.s.disruptions--
		m.markDown(x)
	case stepRestart:
		m.s.disruptions--
		m.restart(x)
	case stepGiveUp:
		m.s.disruptions--
		m.giveUp(x)
	case stepCut:
		m.s.cuts--
		m.breakEnd(x, st.socket)
	case stepNotice:
		m.breakEnd(x, st.socket)
	case stepPatience, stepLastPatience:
		m.losePatience(x, st.kind == stepLastPatience)
	case stepOld:
		m.growOld(x)
	case stepConnectAgain:
		m.connectAgain(x)
	case stepDial:
		m.dial(x)
	case stepReadReply:
		m.readReply(x, st.socket)
	case stepWriteSeq:
		m.writeSeq(x)
	case stepDecide:
		m.decide(x, st.socket)
	case stepWriteReply:
		m.writeReply(x)
	case stepReadSeq:
		m.readSeq(x, st.socket)
	case stepWriteMessage:
		m.writeMessage(x)
	case stepWriteAck:
		m.writeAck(x)
	case stepWriteKeepalive:
		m.writeKeepalive(x)
	case stepRead:
		m.read(x, st.socket)
	}
}

func (m *machine) violate(p Property, format string, args ...any) {
	if m.violation == nil {
		m.violation = &Violation{Property: p, Detail: fmt.Sprintf(format, args...)}
	}
}

func (m *machine) note(format string, args ...any) {
	if m.log != nil {
		m.log(fmt.Sprintf(format, args...))
	}
}

// policy is that of x's registered pipe.
func (m *machine) policy(x side) protocol.Policy {
	p := m.config.Policies[x]
	p.Lossy = m.s.peers[x].pipe.lossy
	return p
}

// nextGlobalSeq is simplemsgr's: a number above seen.
func (m *machine) nextGlobalSeq(x side, seen uint8) uint8 {
	p := &m.s.peers[x]
	p.globalSeq = uint8(protocol.NextGlobalSeq(uint32(p.globalSeq), uint32(seen)))
	return p.globalSeq
}

// write puts a frame on its way. If the other end is closed it is lost, and the writer does not
// know.
func (m *machine) write(x side, k int8, f frame) {
	sock := &m.s.sockets[k]
	if !sock.open[x.other()] {
		m.note("  … into a socket that is dead at the other end")
		if f.kind == frameReply {
			m.replyLost(x, f)
		}
		return
	}
	if !sock.to[x.other()].push(f) {
		m.violate(ModelTooSmall, "more than %d frames in flight", maxFrames)
	}
}

// closeEnd closes x's end. What is in flight to it is lost; what it has written may still arrive.
func (m *machine) closeEnd(x side, k int8) {
	sock := &m.s.sockets[k]
	for _, f := range sock.to[x].frames[:sock.to[x].n] {
		if f.kind == frameReply {
			m.replyLost(x.other(), f)
		}
	}
	sock.to[x] = direction{}
	sock.open[x] = false
	if !sock.open[x.other()] {
		*sock = socket{}
	}
}

// dropLink is that of pipe.go.
func (m *machine) dropLink(x side) {
	p := &m.s.peers[x].pipe
	if p.link == noLink {
		return
	}
	if p.phase == seqRead && p.session.ConnectSeq == 0 {
		m.allowReset(x.other()) // the reply to a first connect message did not do its work
	}
	if p.phase == answering && p.session.ConnectSeq == 1 {
		m.allowReset(x) // the exchange behind that reply did not end
	}
	k := p.link
	for _, f := range m.s.sockets[k].to[x.other()].frames[:m.s.sockets[k].to[x.other()].n] {
		if f.kind == frameReply {
			m.replyLost(x, f) // or it arrives on a dead socket, which does not help
		}
	}
	p.link = noLink
	p.endHandshake()
	m.closeEnd(x, k)
}

// endHandshake forgets what only the handshake needs.
func (p *registered) endHandshake() {
	p.phase = idle
	p.replyGlobalSeq, p.replyLossy, p.before, p.replaced, p.seq, p.tried, p.old = 0, false, 0,
		false, false, credState{}, false
}

// replyLost notes that the reply f of side x will not be read. If it opened a session with
// connect_seq 1 the sides disagree from now on about whether there is a session: this is the one
// thing for which a remote reset may be told although nobody has lost anything.
func (m *machine) replyLost(x side, f frame) {
	if tag := wire.Tag(f.tag); (tag == wire.TagReady || tag == wire.TagSeq) && f.connectSeq == 1 {
		m.allowReset(x)
	}
}

// allowReset notes that one of the sides may take the other for restarted, since x has opened a
// session of which the other side does not know.
func (m *machine) allowReset(x side) {
	if m.config.resetsTold() || m.disturbed() {
		m.s.peers[x].user.allow(1)
	}
}

// disturbed reports whether there was a restart or a mark down.
func (m *machine) disturbed() bool { return int(m.s.disruptions) < m.config.Disruptions }

func (u *user) allow(resets uint8) { u.mayReset = min(u.mayReset+resets, mayResetLimit) }

const mayResetLimit = 3
