package model

import (
	"github.com/pkg/errors"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// The connecting side: writer.go and connect.go.

// connectAgain is what the writer does with a session in STANDBY that has work.
func (m *machine) connectAgain(x side) {
	p := &m.s.peers[x].pipe
	p.session.LeaveStandby()
	p.state, p.paused = protocol.Connecting, false
	m.note("%v: has something to send: CONNECTING, connect_seq %d", x, p.session.ConnectSeq)
}

// dial is an attempt up to its first connect message. The banner exchange is left out: it changes
// nothing.
func (m *machine) dial(x side) {
	p := &m.s.peers[x].pipe
	switch policy := m.config.Policies[x]; {
	case policy.Server:
		m.violate(ServersWait, "%v, a server, connects", x)
	case policy.Standby && !p.session.hasWork() && !m.config.OpensIdle:
		m.violate(NoIdleConnects, "%v connects with nothing to send", x)
	}
	if m.config.Deaf[x] {
		p.paused = true
		m.note("%v: dials in vain", x)
		m.attemptFailed(x)
		return
	}
	k := m.freeSocket()
	m.s.sockets[k] = socket{used: true, client: x, open: [2]bool{true, true}}
	p.link, p.phase = k, asking
	m.sendConnect(x, 0)
}

func (m *machine) freeSocket() int8 {
	for k := range m.s.sockets {
		if !m.s.sockets[k].used {
			return int8(k)
		}
	}
	panic("model: no socket left")
}

// Credentials in a connect message.
const (
	credValid uint8 = 1 << iota
	credAnswered
)

func (m *machine) sendConnect(x side, seenGlobalSeq uint8) {
	p := &m.s.peers[x]
	f := frame{kind: frameConnect, connectSeq: uint8(p.pipe.session.ConnectSeq),
		globalSeq: m.nextGlobalSeq(x, seenGlobalSeq)}
	if m.config.Trouble.credentials() {
		if m.config.Trouble == Challenges || p.user.fresh {
			f.number |= credValid
		}
		if p.pipe.tried.answered {
			f.number |= credAnswered
		}
	}
	m.connects++
	m.note("%v: connect on socket %d: connect_seq %d, global_seq %d", x, p.pipe.link, f.connectSeq,
		f.globalSeq)
	m.write(x, p.pipe.link, f)
}

func (m *machine) connectOf(f frame) wire.Connect {
	c := wire.Connect{Features: m.config.Features, ConnectSeq: uint32(f.connectSeq),
		GlobalSeq: uint32(f.globalSeq), ProtocolVersion: 1}
	if m.config.Trouble == VersionTrouble {
		c.ProtocolVersion = 2
	}
	return c
}

// readReply reads a reply and does what it asks for.
func (m *machine) readReply(x side, k int8) {
	f := m.s.sockets[k].to[x].pop()
	p := &m.s.peers[x].pipe
	reply := wire.ConnectReply{Tag: wire.Tag(f.tag), Features: m.config.Features,
		ConnectSeq: uint32(f.connectSeq), GlobalSeq: uint32(f.globalSeq)}
	if m.config.Policies[x.other()].Lossy {
		reply.Flags = wire.FlagLossy
	}
	a := protocol.Attempt{
		Connect: m.connectOf(frame{connectSeq: uint8(p.session.ConnectSeq),
			globalSeq: m.s.peers[x].globalSeq}),
		HasAuthorizer: m.config.Trouble.credentials(), BadAuthorizer: p.tried.refused,
		AlreadyAnswered: p.tried.answered,
	}
	if m.config.Trouble == ClientRequires {
		a.Required = troubleFeature
	}
	r := m.config.Rules.React(reply, a)
	m.actions[r.Action]++
	m.note("%v: reads %v: %s", x, reply.Tag, actionNames[r.Action])
	switch r.Action {
	case protocol.ActionFault:
		if errors.Is(r.Err, protocol.ErrProtocol) {
			m.violate(PeersKeepProtocol, "%v finds that %v breaks the protocol: %v", x, x.other(),
				r.Err)
		}
		m.refused = true
		m.attemptFailed(x)
	case protocol.ActionWait:
		if x == low {
			m.violate(OnlyHigherWaits, "%v, whose address is lower, is told to wait", x)
		}
		m.dropLink(x)
		p.state = protocol.Wait
	case protocol.ActionFreshAuthorizer:
		p.tried = credState{refused: true}
		if m.config.Trouble == StaleTickets {
			m.s.peers[x].user.fresh = true
		}
		m.sendConnect(x, 0)
	case protocol.ActionAnswerChallenge:
		p.tried.answered = true
		m.sendConnect(x, 0)
	case protocol.ActionRetry:
		if r.ResetSession {
			m.resetSession(x)
			// Who sent RESETSESSION may have opened the old session meanwhile, by a late READY.
			// Then it is its turn.
			m.s.peers[x.other()].user.allow(1)
		}
		p.tried.answered = false
		p.session.Retry(r.ConnectSeq)
		m.sendConnect(x, uint8(r.GlobalSeq))
	case protocol.ActionOpen:
		m.openOutgoing(x, uint8(r.ConnectSeq), uint8(r.GlobalSeq), r.Lossy)
	case protocol.ActionOpenSeq:
		p.session.discardRequeued(f.number)
		p.phase, p.replyGlobalSeq, p.replyLossy = seqRead, uint8(r.GlobalSeq), r.Lossy
	}
}

var actionNames = [...]string{
	protocol.ActionFault: "fault", protocol.ActionRetry: "try again",
	protocol.ActionAnswerChallenge: "answer the challenge",
	protocol.ActionFreshAuthorizer: "try fresh credentials", protocol.ActionWait: "WAIT",
	protocol.ActionOpen:    "OPEN",
	protocol.ActionOpenSeq: "drop what the peer has, and tell what is here",
}

// writeSeq is the end of the SEQ exchange.
func (m *machine) writeSeq(x side) {
	p := &m.s.peers[x].pipe
	n := uint8(p.session.Ack())
	m.note("%v: writes in_seq %d: OPEN", x, n)
	m.write(x, p.link, frame{kind: frameSeq, number: n})
	m.openOutgoing(x, uint8(p.session.ConnectSeq)+1, p.replyGlobalSeq, p.replyLossy)
}

func (m *machine) openOutgoing(x side, connectSeq, globalSeq uint8, lossy bool) {
	if m.config.Trouble.Refuses() {
		m.violate(OnlyTheAdmitted, "%v opens a session with a peer that does not fit", x)
	}
	p, peer := &m.s.peers[x].pipe, &m.s.peers[x.other()].pipe
	if peer.link == p.link && m.config.resetsTold() {
		p.session.agreed, peer.session.agreed = true, true
	}
	p.session.Open(uint32(connectSeq), uint32(globalSeq), true)
	p.lossy = lossy
	p.state = protocol.Open
	p.endHandshake()
	m.opened(x)
}

// opened checks what must hold whenever a session opens.
func (m *machine) opened(x side) {
	s := &m.s.peers[x].pipe.session
	if m.s.peers[x].pipe.lossy && s.wasOpen {
		m.violate(LossyOneSocket, "the lossy session of %v goes on over a second socket", x)
	}
	s.wasOpen = m.s.peers[x].pipe.lossy
	if limit := m.config.MaxConnectSeq; limit > 0 && s.ConnectSeq > uint32(limit) {
		m.violate(Convergence, "%v: connect_seq %d is above the limit", x, s.ConnectSeq)
	}
}

func (m *machine) attemptFailed(x side) {
	m.dropLink(x)
	m.s.peers[x].pipe.session.FailAttempt()
	m.afterFault(x)
}

// growOld lets x's connect message be on its way for too long.
func (m *machine) growOld(x side) {
	m.s.cuts--
	m.s.peers[x].pipe.old = true
	m.note("%v: waits for an answer for longer than its patience", x)
}

// losePatience is what a pipe in WAIT does when the connection that it was promised does not come.
func (m *machine) losePatience(x side, last bool) {
	if !last {
		m.s.cuts--
	}
	if m.s.peers[x].pipe.session.Renounced {
		m.s.peers[x.other()].user.owed = false // it has had its time
	}
	m.note("%v: gives up waiting", x)
	m.afterFault(x)
}
