package pipe

import (
	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// StuckAfter is how many open sockets in a row may end over the same message, in the same way, before its session is called stuck. A network that
// breaks has no favourite message; a limit, a checksum mode or a key has.
const StuckAfter = 3

// Stumble is the message over which an open socket of a lossless session ended. The zero value says that it was none.
type Stumble struct {
	Incoming bool   // we refused it; else the peer ended the socket while it owed the ack
	Seq      uint64 // its number
	Cause    error  // of a refusal: one of those that sending it again does not change
}

// refusals are the errors that come back with each copy of a message.
var refusals = []error{ErrMessageTooLarge, wire.ErrCRC, auth.ErrBadSignature, wire.ErrInvalid, ErrProtocol}

// StumbleOver says over which message a socket ended with err: next is the number that the next received message should have, unacked that of the
// first sent one without an ack, 0 if there is none.
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

// GivesUp reports whether the session is to be given up because of s, for the times-th time. A message above our size limit will never get through, and
// nothing that is behind it: its sender must learn of that. Whatever else is refused may be repaired at either side.
func (s Stumble) GivesUp(times int) bool { return s.Cause == ErrMessageTooLarge && times >= StuckAfter }

// AfterGivingUp is what a pipe does that has given its session up. The peer does not know yet: it is told by RESETSESSION when it comes. Among
// equals it will come, since it has something to send; a server waits anyway; and for a client nobody comes, but whoever keeps sessions of
// clients notices that this one begins anew.
func AfterGivingUp(policy Policy) State {
	switch {
	case policy.Server:
		return Standby
	case policy.Standby:
		return Wait
	}
	return Connecting
}
