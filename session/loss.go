package session

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// LossError says why a session is lost, and what with it: the cause of a reset event, what
// Connection.Err returns, and the error of each Delivery that it concerns. If Final it is an
// ErrClosed too; errors.Is and errors.As look into Cause.
type LossError struct {
	// Final: the connection is dead. Otherwise it goes on with a new session.
	Final bool
	// Exit is the way out, if Final; otherwise Why is the reason.
	Exit protocol.Exit
	Why  protocol.Loss
	// Cause is what broke the session, if anything did: the last socket's fault, ErrPeerLost, a
	// protocol.StuckError. Nil if somebody ended it on purpose.
	Cause error
	// Unacked counts the messages that were written, at least in part, and of which no ack came:
	// the peer may have dispatched them. Of a lossy session only those are known that were being
	// written. Unsent counts those that were never written.
	Unacked, Unsent int
	// Messages are all of these, the unacked ones first, each group in the order in which they
	// would have gone. They are noted only if a dispatcher is a LossHandler.
	Messages []*Message
}

// Error says it in one line.
func (e *LossError) Error() string {
	var b strings.Builder
	if e.Final {
		b.WriteString("connection is closed: " + protocol.Exits[e.Exit].Says)
	} else {
		b.WriteString("session is lost: " + e.Why.String())
	}
	if e.Cause != nil && e.Cause != ErrPeerLost {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Unacked+e.Unsent > 0 {
		fmt.Fprintf(&b, " (messages dropped: %d unacked, %d unsent)", e.Unacked, e.Unsent)
	}
	return b.String()
}

// Unwrap returns ErrClosed, if the connection is dead, and the cause.
func (e *LossError) Unwrap() []error {
	var all []error
	if e.Final {
		all = append(all, ErrClosed)
	}
	if e.Cause != nil {
		all = append(all, e.Cause)
	}
	return all
}

// Why a session begins anew, beside protocol.StuckError and protocol.ErrExhausted.
var (
	// ErrPeerLost: the peer has lost the session: it was restarted, or has marked us down.
	ErrPeerLost = errors.New("the peer has lost the session")
	// ErrNotInTime: an orderly end was not over within Config.CloseTimeout.
	ErrNotInTime = errors.New("the orderly end was not over in time")
)

// life is what a session is between two losses. Whoever wants to know of its end makes it.
type life struct {
	done    chan struct{}
	loss    *LossError // set before done is closed
	answers int        // that are expected in it; guarded by the session's lock
}

// lifeLocked returns the present one.
func (s *Session) lifeLocked() *life {
	if s.life == nil {
		s.life = &life{done: make(chan struct{})}
	}
	return s.life
}

// loseLocked drops what is queued or unacked, and tells all who asked of the loss.
func (s *Session) loseLocked(loss *LossError) {
	wanted := s.host.Dispatch().WantsLosses()
	var fates []*fate
	note := func(m *Message, f *fate) {
		if wanted {
			loss.Messages = append(loss.Messages, m)
		}
		if f != nil {
			fates = append(fates, f)
		}
	}
	for _, e := range s.adrift {
		note(e.message, e.fate)
	}
	loss.Unacked, loss.Unsent = s.out.clear(note)
	loss.Unacked += len(s.adrift)
	s.adrift = nil
	for _, f := range fates {
		s.overLocked(f, loss)
	}
	if s.life != nil {
		s.life.loss = loss
		close(s.life.done)
		s.life = nil
	}
}
