package lab5

import (
	"time"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// standsBy: equals who have nothing to say wait without a socket.
func standsBy(s *grade.Session) error {
	return steps(s, idle, notIdle, wokenByPeer)
}

func idle(s *grade.Session) *bench {
	b := newBench(s, configured(losslessPeer))
	socket := b.session()
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	b.acked(socket, 1)
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.breaks(socket)
	b.passes(10 * longestPause)
	b.quiet("Nothing is queued and all is acked: with the property standby the session waits " +
		"without a socket.")
	b.sends(2)
	b.dialed("STANDBY ends when something is queued.")
	socket = b.opened()
	b.asks(socket, 2, "When standby ends, connect_seq counts one more: connection 1 was open.")
	b.reply(socket, wire.TagSeq, 3, 1)
	b.exchanges(socket, 1)
	b.writes(socket, 2, "The session goes on, and so do its numbers.", 2)
	return b
}

// notIdle: what is not acked is something to send.
func notIdle(s *grade.Session) *bench {
	b := newBench(s, configured(losslessPeer))
	socket := b.session()
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	b.breaks(socket)
	b.dialed("What was sent and not acked goes back to the queue: so there is something to send, " +
		"and no reason to stand by.")
	socket = b.resumed(2, 1, 0)
	b.breaks(socket)
	b.passes(longestPause)
	b.quiet("SEQ has said that the peer has the message: nothing is queued.")
	return b
}

// wokenByPeer: either side may go on.
func wokenByPeer(s *grade.Session) *bench {
	b := newBench(s, configured(losslessPeer))
	socket := b.session()
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.breaks(socket)
	b.passes(time.Second)
	socket = b.calls(1)
	r := b.answers(socket, wire.TagRetrySession, "Same connect_seq, and in standby: the peer shall "+
		"be one ahead of us.")
	b.again(socket, r.ConnectSeq)
	b.opens(socket, wire.TagSeq, r.ConnectSeq+1, "Reconnect: a session in standby goes on when the "+
		"peer comes.")
	b.exchanges(socket, 1)
	b.tells(socket, 0)
	b.sent(socket, 102, 2)
	b.delivers("It is the next message of the peer's.", 102)
	b.acks(socket, 2)
	// An equal that knows nothing of the session, and a policy without resetcheck.
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	old := socket
	socket = b.calls(0)
	b.opens(socket, wire.TagReady, 1, "Peer restarted: READY. Without resetcheck the queue "+
		"survives, as it must have been the READY of a first connection that was lost.")
	b.closes(old, "The session has a new socket.")
	b.writes(socket, 1, "Without resetcheck the queue survives, with its numbers.", 1)
	b.sent(socket, 111, 1)
	b.delivers("The peer's first message has a low number again: in_seq was to be 0.", 111)
	b.acks(socket, 1)
	return b
}
