package session

import (
	"net/netip"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/internal/handshake"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Caller is the peer of an accepted socket, as far as its handshake has told.
type Caller struct {
	Arrival   protocol.Arrival
	Handshake *handshake.Server
	Policy    Policy          // towards the type as which it comes
	Seen      wire.EntityAddr // of the socket's other end
}

func (c *Caller) host() netip.Addr { return c.Seen.IP }

// Verdict is what was decided over a caller.
type Verdict struct {
	protocol.Decision
	// Session is where the caller was let in: that of its socket, or one that it had before. Nil if
	// it was not, or if its socket was given up meanwhile.
	Session *Session
	// Busy: the session that it comes to delivers a message, and may not be taken over; ask again
	// once ready has been called.
	Busy bool
}

// Decide looks for the session that the caller has here and carries the decision over it out, in
// one transition. It fails with ErrClosed when the messenger shuts down, and with
// ErrTooManySessions. If the verdict is Busy, ready will be called.
func (s *Session) Decide(caller *Caller, ready func()) (Verdict, error) {
	t := s.host.Table()
	d := decision{table: t, s: s, caller: caller, ready: ready}
	t.mu.Lock()
	d.makeLocked()
	t.mu.Unlock()
	d.left.run()
	return d.verdict, d.err
}

// decision is one run of Decide, with the table locked.
type decision struct {
	table  *Table
	s      *Session // of the accepted socket
	caller *Caller
	ready  func()

	old     *Session // that the caller comes to; nil if there is none
	verdict Verdict
	err     error
	left    leftovers
}

func (d *decision) makeLocked() {
	if d.table.closed {
		d.err = ErrClosed
		return
	}
	var beside bool
	d.old, beside = d.table.sessionOfLocked(d.caller.Arrival.Peer, d.caller.Arrival.Principal)
	d.caller.Arrival.Beside = beside
	if d.old == nil {
		d.decideLocked()
		return
	}
	d.left.locked(d.old, d.decideLocked)
}

// decideLocked decides, with the old session locked if there is one, and lets the caller in if it
// may.
func (d *decision) decideLocked() {
	var existing *protocol.Existing
	if old := d.old; old != nil {
		if old.dispatching {
			old.whenIdle = append(old.whenIdle, d.ready)
			d.verdict.Busy = true
			return
		}
		existing = old.existingLocked()
	}
	d.verdict.Decision = protocol.DecideSession(d.caller.Arrival, existing)
	if d.verdict.WakeExisting {
		d.old.numbers.Promise()
	}
	if !d.verdict.Opens() {
		return
	}
	if !d.verdict.Replace {
		if d.err = d.admitLocked(); d.err != nil {
			return
		}
	}
	d.left.locked(d.s, func() {
		if d.s.state == protocol.Accepting { // else it was stopped meanwhile
			d.verdict.Session = d.letInLocked()
		}
	})
}

// letInLocked lets the caller in: into the session that it has here, or into the one that its
// socket becomes. From here on the user may send; what is sent waits until the handshake is over.
// Both are locked.
func (d *decision) letInLocked() *Session {
	s, old, caller := d.s, d.old, d.caller
	switch {
	case d.verdict.Case == protocol.CaseLossyExisting:
		// Nothing of a lossy session goes over to the next one: the user of the old handle hears of
		// its end, and the new connection gets a handle of its own.
		old.endLocked(protocol.ExitReplace, nil)
		s.events.replaced(old.events.pipe, true, 0)
	case d.verdict.Replace:
		old.takeOverLocked(s, d.verdict.Decision)
		s = old
	case old != nil:
		old.endLocked(protocol.ExitAbandon, nil)
	}
	if old != nil {
		d.table.removeLocked(old)
	}
	if s.connection == nil {
		s.connection = newConnection(s, s.host.NextConnectionID(), s.Peer(), true)
		if admission := s.host.Admission(); admission != nil {
			admission.Enter(s.connection, caller.host(), caller.Handshake.Identity.Name)
		}
	}
	s.acceptLocked(caller, d.contestLocked(), d.verdict.Replace)
	d.table.registerLocked(d.s, s)
	s.setStateLocked(protocol.Open)
	s.events.openedLocked(true, s)
	s.queueEventLocked(dispatchqueue.KindAccept)
	return s
}

// contestLocked leaves it to other principals that claim the address to connect, unless our user
// asked for their sessions. It reports whether there are any.
func (d *decision) contestLocked() (contested bool) {
	for _, other := range d.table.at(d.caller.Arrival.Peer) {
		d.left.locked(other, func() {
			if other.usableLocked() && !other.asked {
				other.yieldLocked()
			}
			contested = contested || other.usableLocked()
		})
	}
	return contested
}

// acceptLocked takes what an accepted connection brings: policy, principal, numbers, format.
func (s *Session) acceptLocked(caller *Caller, contested, replace bool) {
	h, l := caller.Handshake, s.link
	principal := protocol.PrincipalOf(h.Identity)
	s.policy = caller.Policy
	peer := s.Peer().Addr
	claimant := protocol.Claimant{Asked: s.asked, Contested: contested, Proven: !principal.IsZero(),
		Backed: protocol.Backed(caller.Seen, peer)}
	if protocol.ListensNowhere(peer) || !protocol.MayDial(claimant) {
		s.policy.Server = true
	}
	s.claim.Principal = principal
	s.connection.setPeer(principal.EntityName(h.Connect.HostType), h.Identity)
	l.accepted = accepted{replace: replace, connectSeq: s.numbers.ConnectSeq}
	s.openLocked(h.Connect.ConnectSeq+1, h.Connect.GlobalSeq, h.Agreed())
	l.Format, l.openedAt = formatOf(s.host, s.features, h.Security), time.Now()
}

// existingLocked returns what a decision needs to know, or nil if the session is over.
func (s *Session) existingLocked() *protocol.Existing {
	switch s.state {
	case protocol.Connecting, protocol.Open, protocol.Standby, protocol.Wait:
		return &protocol.Existing{State: s.state, ConnectSeq: s.numbers.ConnectSeq,
			PeerGlobalSeq: s.numbers.PeerGlobalSeq, Lossy: s.policy.Lossy, Server: s.policy.Server,
			Insists: s.insistsLocked(), Renounced: s.numbers.Renounced,
			Exhausted: s.exhaustedLocked()}
	case protocol.Accepting, protocol.Closing, protocol.Closed:
	}
	return nil
}

// insistsLocked reports whether a connection of ours is on its way that is worth waiting for.
func (s *Session) insistsLocked() bool {
	l := s.link
	if l == nil {
		return false
	}
	call := protocol.Call{State: s.state, Answered: l.answered, Asked: !l.askedAt.IsZero(),
		Broken: s.numbers.PromiseBroken, Since: time.Since(l.askedAt)}
	return protocol.Insists(call, s.config.RacePatience)
}

// AcceptFailed deals with a socket that failed after the session was opened on it: it may have been
// there before, and messages may be waiting in it. Replied says that the answer was written. If the
// session goes on, its carrier is told by its next job.
func (s *Session) AcceptFailed(l *Link, replied bool, err error, stage protocol.Stage) {
	_ = s.on(l, func() {
		s.dropLinkLocked()
		s.requeueLocked()
		if !replied {
			// The peer has not seen the answer: for it there was no such connection.
			s.numbers.FailAccept(l.accepted.connectSeq)
		}
		after := protocol.AfterFailedAccept(s.policy.Rules(), s.out.queued > 0, l.accepted.replace)
		if s.endsOrderlyLocked() { // the user has closed it meanwhile
			after = protocol.Aftermath{Next: protocol.Closed}
		}
		goodbye := s.tellFaultLocked(err, stage, after.Next)
		if after.Next == protocol.Closed {
			s.endLocked(s.faultExitLocked(goodbye), err)
			return
		}
		s.pauseLocked(true)
		s.setStateLocked(after.Next)
	})
}
