package model

import "simplemessenger/protocol"

// stepKind is what can happen.
type stepKind uint8

const (
	// The users, and misfortune. These need not happen.
	stepSend stepKind = iota
	stepOpen          // a user asks for a connection
	stepMarkDown
	stepRestart
	stepGiveUp   // a message does not get through, and its receiver begins the session anew
	stepCut      // a socket breaks that both ends hold open: one end notices
	stepOld      // a connect message is on its way for too long
	stepPatience // a pipe in WAIT gives up too early

	// Everything from here on happens by itself, some time.
	stepLastPatience // a pipe in WAIT gives up since nothing else will happen
	stepNotice       // an end notices that the other one is closed
	stepConnectAgain
	stepDial
	stepReadReply
	stepWriteSeq
	stepDecide
	stepWriteReply
	stepReadSeq
	stepWriteMessage
	stepWriteAck
	stepWriteKeepalive
	stepRead
)

// disturbs reports whether handshakes may have to begin anew because of the step.
func (k stepKind) disturbs() bool { return k < stepNotice && k != stepSend && k != stepOpen }

// byItself reports whether the step happens some time, whatever users and network do.
func (k stepKind) byItself() bool { return k > stepPatience }

type step struct {
	kind   stepKind
	side   side
	socket int8
}

// steps appends to all what can happen in s, and reports whether something of it happens by itself.
func (m *machine) steps(s *state, all []step) (_ []step, lively bool) {
	begin := len(all)
	for x := low; x <= high; x++ {
		// To dial is to put a connect message on its way, which may take any time: so it can as
		// well be the next thing.
		if p := &s.peers[x].pipe; p.state == protocol.Connecting && p.link == noLink && !p.paused &&
			s.socketLeft() {
			return append(all, step{kind: stepDial, side: x}), true
		}
	}
	for x := low; x <= high; x++ {
		all = m.ownSteps(s, x, all)
	}
	for k := range s.sockets {
		if !s.sockets[k].used {
			continue
		}
		for x := low; x <= high; x++ {
			if s.sockets[k].open[x] {
				all = m.socketSteps(s, x, int8(k), all)
			}
		}
	}
	for _, st := range all[begin:] {
		lively = lively || st.kind.byItself()
	}
	if !lively {
		for x := low; x <= high; x++ {
			if s.peers[x].pipe.state == protocol.Wait {
				return append(all, step{kind: stepLastPatience, side: x}), true
			}
		}
	}
	return all, lively
}

// ownSteps are those that need nothing from the other side.
func (m *machine) ownSteps(s *state, x side, all []step) []step {
	p := &s.peers[x].pipe
	add := func(k stepKind) { all = append(all, step{kind: k, side: x, socket: p.link}) }
	exists, server := p.state != protocol.Closed, m.config.Policies[x].Server

	if int(s.peers[x].user.sent) < m.config.Messages[x] && (exists || !server) {
		add(stepSend)
	}
	if m.config.OpensIdle && !exists && !server &&
		s.peers[x].user.sent < uint8(m.config.Messages[x]) {
		add(stepOpen)
	}
	if s.disruptions > 0 {
		if exists {
			add(stepMarkDown)
		}
		if exists || s.peers[x].globalSeq > 0 {
			add(stepRestart)
		}
		if m.config.GivesUp && p.state == protocol.Open && p.phase == idle && !p.lossy {
			add(stepGiveUp)
		}
	}
	switch p.state {
	case protocol.Standby:
		if p.session.hasWork() && !server {
			add(stepConnectAgain)
		}
	case protocol.Connecting:
		// Only the lower side insists.
		if m.config.Impatient && x == low && p.phase == asking && !p.old && s.cuts > 0 {
			add(stepOld)
		}
	case protocol.Wait:
		if s.cuts > 0 {
			add(stepPatience)
		}
	default:
	}
	switch {
	case p.phase == seqRead:
		add(stepWriteSeq)
	case p.phase == decided:
		add(stepWriteReply)
	case p.state == protocol.Open && p.phase == idle:
		session := &p.session
		if session.Keepalive || session.KeepaliveAck {
			add(stepWriteKeepalive)
		}
		// What a lossless session writes into a dead socket changes nothing: it is requeued.
		if p.lossy || s.sockets[p.link].open[x.other()] {
			if session.AckDue(p.lossy) {
				add(stepWriteAck)
			}
			if session.out.queued > 0 {
				add(stepWriteMessage)
			}
		}
	}
	return all
}

func (s *state) socketLeft() bool {
	for k := range s.sockets {
		if !s.sockets[k].used {
			return true
		}
	}
	return false
}

// socketSteps are those of x's open end of a socket: to read the next frame, and to find the socket
// broken.
func (m *machine) socketSteps(s *state, x side, k int8, all []step) []step {
	sock, p := &s.sockets[k], &s.peers[x].pipe
	add := func(kind stepKind) { all = append(all, step{kind: kind, side: x, socket: k}) }
	mine := p.link == k
	if sock.to[x].n > 0 {
		switch {
		case !mine:
			if s.contests > 0 || !m.contest(s, x, sock.to[x].frames[0]) {
				add(stepDecide)
			}
		case p.phase == asking:
			add(stepReadReply)
		case p.phase == answering:
			add(stepReadSeq)
		case p.phase == idle && p.state == protocol.Open:
			add(stepRead)
		}
	}
	switch {
	case !sock.open[x.other()]:
		add(stepNotice)
	case mine && s.cuts > 0:
		add(stepCut)
	}
	return all
}
