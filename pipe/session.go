package pipe

import (
	"math/rand/v2"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// session is what outlives a socket: numbers, queues and the user's handle. Exactly one pipe owns a session, and its lock
// guards it; replacing a pipe hands the session over whole.
type session struct {
	connection *Connection
	claim      protocol.Claim // by what right the peer has it

	protocol.Numbers
	features wire.Features // agreed on the latest connection

	out outQueue
	// keepaliveStamp is that of the latest KEEPALIVE2: one prompt ack answers all before it.
	keepaliveStamp wire.Timespec

	stumble   protocol.Stumble // over which the latest open socket ended
	stumbles  int              // sockets in a row that ended over it
	fruitless int              // connections and attempts in a row that came to nothing: see PauseAfter

	room chan struct{} // closed when the out queue has more room than before; nil if nobody waits for that

	delayed delayLine // received messages whose delivery is put off on purpose
}

// opened takes what was agreed on a new connection.
func (s *session) opened(connectSeq, peerGlobalSeq uint32, agreed wire.Features) {
	s.features = agreed
	s.Open(connectSeq, peerGlobalSeq, agreed.Has(wire.FeatureMsgrKeepalive2))
}

// hasWork reports whether there is something for the sake of which to connect.
func (s *session) hasWork() bool { return s.HasWork(s.out.queued > 0) }

// progress notes that something got through, or held for long: the pauses begin anew.
func (s *session) progress() { s.fruitless = 0 }

// take takes the next message to be written, and numbers it. Unless the session is lossy it is kept until it is acked.
func (s *session) take(keep bool) (outgoing, bool) {
	if s.out.queued == 0 {
		return outgoing{}, false
	}
	return s.out.pop(keep, s.Take()), true
}

// requeue puts what was sent and not acked back to the front of the queue, and returns how many messages that were.
func (s *session) requeue() int {
	n := s.out.requeue()
	s.Requeue(n)
	return n
}

// reset begins the session anew after the peer has lost it. It returns the number of messages dropped.
func (s *session) reset() int {
	dropped := s.out.clear()
	first := uint64(0)
	if s.features.Has(wire.FeatureMsgAuth) {
		// An observer shall not guess which numbers were used under the old session key.
		first = uint64(rand.Uint32() >> 1)
	}
	s.Reset(first)
	s.stumble, s.stumbles = protocol.Stumble{}, 0
	return dropped
}

func (s *session) outOfNumbers() bool { return s.OutOfNumbers(s.out.queued > 0) }

func (s *session) exhausted() bool { return s.Exhausted(s.out.queued > 0) }
