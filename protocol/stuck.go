package protocol

import (
	"fmt"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// StuckAfter is how many open sockets in a row may end over the same message, in the same way,
// before its session is called stuck. A network that breaks has no favourite message; a limit, a
// checksum mode or a key has.
const StuckAfter = 3

// Stumble is the message over which an open socket of a lossless session ended. The zero value says
// that it was none.
type Stumble struct {
	Incoming bool   // we refused it; else the peer ended the socket while it owed the ack
	Seq      uint64 // its number
	Cause    error  // of a refusal: one of those that sending it again does not change
}

// refusals are the errors that come back with each copy of a message.
var refusals = []error{ErrMessageTooLarge, wire.ErrCRC, auth.ErrBadSignature, wire.ErrInvalid,
	ErrProtocol}

// StumbleOver says over which message a socket ended with err: next is the number that the next
// received message should have, unacked that of the first sent one without an ack, 0 if there is
// none.
func StumbleOver(err error, next, unacked uint64) Stumble {
	for _, cause := range refusals {
		if errors.Is(err, cause) {
			return Stumble{Incoming: true, Seq: next, Cause: cause}
		}
	}
	if unacked == 0 {
		return Stumble{}
	}
	return Stumble{Seq: unacked}
}

// Again returns how many sockets in a row have now ended over s, of which times ended over before.
func (s Stumble) Again(before Stumble, times int) int {
	switch s {
	case Stumble{}:
		return 0
	case before:
		return times + 1
	}
	return 1
}

// GivesUp reports whether the session is to be given up because of s, for the times-th time. A
// message above our size limit will never get through, and nothing that is behind it: its sender
// must learn of that. Whatever else is refused may be repaired at either side.
func (s Stumble) GivesUp(times int) bool {
	return s.Cause == ErrMessageTooLarge && times >= StuckAfter
}

// AfterGivingUp is what a pipe does that has given its session up. The peer does not know yet: it
// is told by RESETSESSION when it comes. Among equals it will come, since it has something to send;
// a server waits anyway; and for a client nobody comes, but whoever keeps sessions of clients
// notices that this one begins anew.
func AfterGivingUp(policy Policy) State {
	switch {
	case policy.Server:
		return Standby
	case policy.Standby:
		return Wait
	}
	return Connecting
}

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
	return fmt.Sprintf("stuck: %s: %v", e.What(), e.Err)
}

// What says what happened and what to look at.
func (e *StuckError) What() string {
	if !e.Incoming && e.Bytes == 0 && e.Type == 0 {
		return fmt.Sprintf("message %d was sent %d times and never acked", e.Seq, e.Times)
	}
	if !e.Incoming {
		return fmt.Sprintf("message %d (type %d, %d bytes) was sent %d times and never acked: the "+
			"peer may refuse it, see its log and its limits",
			e.Seq, e.Type, e.Bytes, e.Times)
	}
	return fmt.Sprintf("message %d was refused %d times%s", e.Seq, e.Times, hints[e.Cause])
}

var hints = map[error]string{
	ErrMessageTooLarge: ": the peer sends more than Config.MaxMessageSize, the session is given " +
		"up",
	wire.ErrCRC: ": the peer may run with ms_crc_header or ms_crc_data off, or change " +
		"messages that it has sent",
	auth.ErrBadSignature: ": the sides may have other keys, or other options for signatures",
	wire.ErrInvalid:      ": the peer may speak another release of the protocol",
	ErrProtocol:          ": the peer may speak another release of the protocol",
}
