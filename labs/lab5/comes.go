package lab5

import (
	"fmt"
	"time"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// comes: the machine is the accepting side.
func comes(s *grade.Session) error {
	return steps(s, newcomer, comesBack, staleOnes, restarted, serverWaits, lossyServer)
}

// newcomer: who is let in, and who is not.
func newcomer(s *grade.Session) *bench {
	b := newBench(s, configured(statefulServer))
	socket := b.accepted()
	c := b.connect(0, 11)
	c.ProtocolVersion++
	b.saysConnect(socket, c)
	b.answers(socket, wire.TagBadProtoVer, "Both sides must expect the same protocol_version.")
	b.again(socket, 5)
	b.answers(socket, wire.TagResetSession, "Unknown session: the peer goes on with one of which "+
		"this side knows nothing. Were it opened, the peer would believe that what it has sent "+
		"before had reached the one whom it talks to now.")
	b.peerGlobal++
	c = b.connect(0, b.peerGlobal)
	c.AuthorizerProtocol, c.AuthorizerLen = 1, 18
	b.saysSlowly(socket, "connect 0 with an authorizer of 18 bytes",
		append(c.Append(nil), make([]byte, 18)...))
	b.opens(socket, wire.TagReady, 1, "New: the peer begins a session, on the same socket. An "+
		"authorizer that nobody asked for is skipped.")
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	return b
}

// served is a machine with the policy of a server whose peer has opened a session; the machine has
// received message 101 and sent messages 1 and 2.
func served(s *grade.Session) (*bench, int) {
	b := newBench(s, configured(statefulServer))
	socket := b.calls(0)
	b.opens(socket, wire.TagReady, 1, "New: the peer begins a session.")
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.sends(1, 2)
	b.writes(socket, 1, "The session is open.", 1, 2)
	return b, socket
}

// comesBack: the peer comes with a higher connect_seq, while the old socket looks alive.
func comesBack(s *grade.Session) *bench {
	b, old := served(s)
	socket := b.calls(2)
	b.opens(socket, wire.TagSeq, 3, "Reconnect: the peer has counted one connection more. The "+
		"session goes on over the new socket.")
	b.exchanges(socket, 1)
	b.closes(old, "The session has a new socket: the old one, which still looked alive, is closed.")
	b.quiet("Until the peer has said how far it has received, nothing can be sent.")
	b.tells(socket, 1)
	b.writes(socket, 2, "The peer has message 1. The rest comes with its old number.", 2)
	// And once more, in one segment with what comes behind, after a socket that broke.
	b.breaks(socket)
	socket = b.calls(4)
	b.opens(socket, wire.TagSeq, 5, "Reconnect: the peer has counted one connection more.")
	b.exchanges(socket, 1)
	b.says(socket, "in_seq 2, message 102 and ACK 2 at once", append(append(
		wire.AppendSeq(nil, 2), numbered(102).frame(2, peerName)...),
		wire.AppendSeq([]byte{byte(wire.TagAck)}, 2)...))
	b.delivers("It is the next message of the peer's.", 102)
	b.acks(socket, 2)
	return b
}

// staleOnes: connect messages that are older than what is known.
func staleOnes(s *grade.Session) *bench {
	b, old := served(s)
	b.breaks(old)
	socket := b.accepted()
	b.saysConnect(socket, b.connect(2, b.peerGlobal-1))
	r := b.answers(socket, wire.TagRetryGlobal, "Stale global_seq: an old connect message, which "+
		"was overtaken by a newer one. Who is alive tries again with a higher number.")
	if b.err == nil && r.GlobalSeq != b.peerGlobal {
		b.fail(fmt.Sprintf("RETRY_GLOBAL %d", b.peerGlobal),
			fmt.Sprintf("RETRY_GLOBAL %d", r.GlobalSeq), "The number is the latest that was seen.")
	}
	b.again(socket, 1)
	retry := func(want uint32, why string) {
		r := b.answers(socket, wire.TagRetrySession, why)
		if b.err == nil && r.ConnectSeq != want {
			b.fail(fmt.Sprintf("RETRY_SESSION %d", want),
				fmt.Sprintf("RETRY_SESSION %d", r.ConnectSeq), why)
		}
	}
	retry(2, "Same connect_seq: it shall be one ahead of us.")
	b.again(socket, 6)
	b.opens(socket, wire.TagSeq, 7, "Reconnect: the peer has counted more connections.")
	b.exchanges(socket, 1)
	b.tells(socket, 2)
	older := socket
	socket = b.calls(6)
	retry(8, "Stale connect_seq: the peer has missed an answer of ours, and takes our number "+
		"plus one. The session, and its open socket, are not touched.")
	b.sent(older, 102, 2)
	b.delivers("The session goes on over its old socket until another one is opened.", 102)
	b.acks(older, 2)
	return b
}

// restarted: the peer has lost the session.
func restarted(s *grade.Session) *bench {
	b, old := served(s)
	b.sends(3)
	b.writes(old, 3, "The session is open.", 3)
	socket := b.calls(0)
	b.toldRemoteReset("Peer restarted: it comes with connect_seq 0, although there is a session. " +
		"With resetcheck the session is reset, and the user told.")
	b.opens(socket, wire.TagReady, 1, "Peer restarted: there is nothing to compare, so it is READY.")
	b.closes(old, "The old session, and its socket, are gone.")
	b.quiet("What was queued for the old session was dropped.")
	b.sent(socket, 111, 1)
	b.delivers("The peer numbers anew: in_seq was to be 0 again.", 111)
	b.acks(socket, 1)
	b.sends(4)
	b.anew(socket, 4)
	return b
}

// serverWaits: a server never dials.
func serverWaits(s *grade.Session) *bench {
	b, old := served(s)
	b.breaks(old)
	b.sends(3)
	b.passes(patience)
	b.quiet("A server never dials: it waits for the peer, whatever is queued.")
	socket := b.calls(2)
	b.opens(socket, wire.TagSeq, 3, "Reconnect: the peer has counted one connection more.")
	b.exchanges(socket, 1)
	b.tells(socket, 0)
	b.writes(socket, 1, "The peer has nothing of it yet.", 1, 2, 3)
	b.passes(time.Second)
	return b
}

// lossyServer: a session that lives as long as its socket.
func lossyServer(s *grade.Session) *bench {
	b := newBench(s, configured(statelessServer))
	old := b.calls(0)
	b.opens(old, wire.TagReady, 1, "New: the peer begins a session.")
	b.sends(1)
	b.writes(old, 1, "The session is open.", 1)
	socket := b.calls(0)
	b.toldReset("Existing is lossy: the peer has made a new connection, so the old session is " +
		"over, and its user is told.")
	b.opens(socket, wire.TagReady, 1, "The new session is a new one.")
	b.closes(old, "The old session is over, and so is its socket.")
	b.quiet("What was sent in the old session is not sent again.")
	b.breaks(socket)
	b.toldReset("A lossy session ends with its socket, and its user is told.")
	return b
}
