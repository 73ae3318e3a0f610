package pipe

import (
	"fmt"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// ErrStuck: several sockets in a row ended over the same message. See StuckError.
var ErrStuck = errors.New("session is stuck")

// StuckError says over which message a session does not get, and what to look at.
type StuckError struct {
	Stumble
	Times int
	Type  uint16 // of a message that we sent
	Bytes int
	Err   error // how the latest socket ended
}

// Is makes it an ErrStuck.
func (e *StuckError) Is(target error) bool { return target == ErrStuck }

// Unwrap returns how the latest socket ended.
func (e *StuckError) Unwrap() error { return e.Err }

func (e *StuckError) Error() string {
	return fmt.Sprintf("stuck: %s: %v", e.what(), e.Err)
}

// what says what happened and what to look at.
func (e *StuckError) what() string {
	if !e.Incoming && e.Bytes == 0 && e.Type == 0 {
		return fmt.Sprintf("message %d was sent %d times and never acked", e.Seq, e.Times)
	}
	if !e.Incoming {
		return fmt.Sprintf("message %d (type %d, %d bytes) was sent %d times and never acked: the peer may refuse it, see its log and its limits",
			e.Seq, e.Type, e.Bytes, e.Times)
	}
	return fmt.Sprintf("message %d was refused %d times%s", e.Seq, e.Times, hints[e.Cause])
}

var hints = map[error]string{
	ErrMessageTooLarge:   ": the peer sends more than Config.MaxMessageSize, the session is given up",
	wire.ErrCRC:          ": the peer may run with ms_crc_header or ms_crc_data off, or change messages that it has sent",
	auth.ErrBadSignature: ": the sides may have other keys, or other options for signatures",
	wire.ErrInvalid:      ": the peer may speak another release of the protocol",
	ErrProtocol:          ": the peer may speak another release of the protocol",
}

// stumbled looks at how an open socket ended. It returns the error with which it did, and what more is to be said of it. Called with p.mu held.
func (p *Pipe) stumbled(err error) error {
	s := p.session
	if p.state != Open || p.policy.Lossy {
		return err
	}
	first, _ := s.out.sent.front()
	now := StumbleOver(err, s.inSeq+1, first.seq)
	s.stumbles, s.stumble = now.Again(s.stumble, s.stumbles), now
	if s.stumbles < StuckAfter {
		return err
	}
	stuck := &StuckError{Stumble: now, Times: s.stumbles, Err: err}
	if m := first.message; m != nil && !now.Incoming {
		stuck.Type, stuck.Bytes = m.Type, m.PayloadLen()
	}
	if p.config.Tracer != nil && s.stumbles == StuckAfter {
		p.trace(trace.Stuck{Incoming: now.Incoming, Seq: now.Seq, What: stuck.what(), Err: err})
	}
	return stuck
}

// giveUp begins the session anew, from our side: the user is told, and so will the peer be when it comes. Called with p.mu held.
func (p *Pipe) giveUp(next State) {
	p.resetSession()
	p.session.renounced = true
	if next == Wait {
		p.waitForPeer()
	} else {
		p.pause(true)
		p.setState(next)
	}
	p.wakeWriter()
}

// stuck says what a session is stuck over, for dumps; "" if it is not. Called with p.mu held.
func (s *session) stuck() string {
	if s.stumbles < StuckAfter {
		return ""
	}
	return (&StuckError{Stumble: s.stumble, Times: s.stumbles}).what()
}
