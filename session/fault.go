package session

import (
	"io"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/dispatchqueue"
	"simplemessenger/protocol"
)

// Fault gives a socket up. Who reads and who writes may both come with the same one; the first
// counts.
func (s *Session) Fault(l *Link, err error, stage protocol.Stage) {
	_ = s.on(l, func() { s.faultLocked(err, stage) })
}

// faultLocked gives the socket up that the session has.
func (s *Session) faultLocked(err error, stage protocol.Stage) {
	opened := s.link.openedAt
	s.dropLinkLocked()
	if !opened.IsZero() && protocol.Steady(time.Since(opened), s.config.MaxBackoff) {
		s.progressLocked()
	}
	s.afterFaultLocked(err, stage)
}

// AttemptFailed ends an attempt to connect, by whose link nothing was opened.
func (s *Session) AttemptFailed(l *Link, err error, stage protocol.Stage) {
	_ = s.on(l, func() { // else it was stopped or replaced: that is why it failed
		s.dropLinkLocked()
		s.numbers.FailAttempt()
		s.afterFaultLocked(err, stage)
	})
}

// Wait leaves it to the peer to connect, for a while: its own connection wins the race.
func (s *Session) Wait(l *Link) {
	_ = s.on(l, func() {
		s.dropLinkLocked()
		s.waitForPeerLocked()
	})
}

func (s *Session) waitForPeerLocked() {
	s.setStateLocked(protocol.Wait)
	s.backoff, s.retryAt = 0, time.Now().Add(protocol.Patience(s.config.MaxBackoff))
}

// afterFaultLocked decides what becomes of the session, which has no socket any more, and does it.
func (s *Session) afterFaultLocked(err error, stage protocol.Stage) {
	err = s.stumbledLocked(err)
	s.requeueLocked()
	after := protocol.AfterFault(s.state, s.policy.Rules(), s.hasWorkLocked())
	givesUp := s.state == protocol.Open && !s.policy.Lossy && s.stumble.GivesUp(s.stumbles)
	if panicked := new(PanicError); s.state == protocol.Open && errors.As(err, &panicked) {
		// Whoever panicked over a session shall not be asked again with the next socket.
		after, givesUp = protocol.Aftermath{Next: protocol.Closed}, false
	}
	if givesUp {
		after = protocol.Aftermath{Next: protocol.AfterGivingUp(s.policy.Rules())}
	}
	goodbye := s.tellFaultLocked(err, stage, after.Next)
	s.numbers.Fault(after)
	switch {
	case givesUp:
		s.giveUpLocked(after.Next, err)
		return
	case after.Next == protocol.Closed:
		s.endLocked(s.faultExitLocked(goodbye), err)
		return
	}
	s.pauseLocked(s.state == protocol.Open)
	s.setStateLocked(after.Next)
	s.wakeLocked()
}

// faultExitLocked is the way out of a session whose socket is broken and which is not kept.
func (s *Session) faultExitLocked(goodbye bool) protocol.Exit {
	switch {
	case s.endsOrderlyLocked():
		return protocol.ExitClose
	case goodbye:
		return protocol.ExitGoodbye
	}
	return protocol.ExitFault
}

// tellFaultLocked tells why a socket, or an attempt to get one, is given up. It reports whether the
// peer has just left.
func (s *Session) tellFaultLocked(err error, stage protocol.Stage,
	next protocol.State) (goodbye bool) {
	goodbye = s.goodbyeLocked(err, stage)
	s.events.faulted(stage, err, next, goodbye)
	if s.state != protocol.Connecting { // an attempt says its step itself
		err = errors.WithMessage(err, stage.String())
	}
	s.connection.setLastError(err)
	if !goodbye {
		s.host.Dispatch().QueueEvent(dispatchqueue.KindFault, s.connection, err)
	}
	return goodbye
}

// goodbyeLocked reports whether the peer has just left: it said CLOSE, or closed its socket between
// two frames while nothing was under way. A client that leaves with an ack unread resets its socket
// instead, which is as good where nothing is kept for it.
func (s *Session) goodbyeLocked(err error, stage protocol.Stage) bool {
	idle := s.out.queued == 0 && s.out.sent.len() == 0
	if errors.Is(err, ErrPeerClosed) {
		return true
	}
	left := err == io.EOF ||
		s.policy.Lossy && s.policy.Server && errors.Is(err, syscall.ECONNRESET)
	return left && stage == protocol.StageReadTag && idle
}

// pauseLocked puts the next attempt off, as the rule says. It lasts through STANDBY.
func (s *Session) pauseLocked(opened bool) {
	// What gets through in the other direction does not help a session that stumbles.
	fruitless := max(s.fruitless, s.stumbles-1)
	s.backoff, s.fruitless = protocol.PauseAfter(opened, fruitless, s.config.InitialBackoff,
		s.config.MaxBackoff)
	s.retryAt = time.Now().Add(s.backoff)
	s.events.backedOff(s.backoff)
}
