package lab5

import (
	"time"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// races: both sides have dialed.
func races(s *grade.Session) error {
	return steps(s, winsRace, losesRace, laterRace, toldToWait, nobodyComes, owed)
}

// racing is a machine that has said connect, and whose peer has dialed as well.
func racing(s *grade.Session, own addr) (b *bench, ours, theirs int) {
	c := configured(losslessPeer)
	if own != c.Own {
		c.Own, c.Peer = c.Peer, c.Own
		b = newBench(s, c)
		b.tell("its address is the lower one")
	} else {
		b = newBench(s, c)
		b.tell("its address is the higher one")
	}
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	ours = b.opened()
	b.asks(ours, 0, "A new session has connect_seq 0.")
	return b, ours, b.calls(0)
}

func winsRace(s *grade.Session) *bench {
	b, ours, theirs := racing(s, lowerAddr)
	b.answers(theirs, wire.TagWait, "Both have dialed, and our address is the lower one: our "+
		"connection stays, and the peer is told to wait for it.")
	b.breaks(theirs)
	b.reply(ours, wire.TagReady, 1)
	b.writes(ours, 1, "The session is open.", 1)
	return b
}

func losesRace(s *grade.Session) *bench {
	b, ours, theirs := racing(s, higherAddr)
	b.opens(theirs, wire.TagSeq, 1, "Both have dialed, and the peer's address is the lower one: "+
		"its connection stays. Both know the session, so it is SEQ.")
	b.exchanges(theirs, 0)
	b.closes(ours, "The peer's connection stays: our own attempt is given up.")
	b.tells(theirs, 0)
	b.writes(theirs, 1, "The session goes on over the peer's connection, with what was queued.", 1)
	b.passes(longestPause)
	return b
}

// laterRace: sessions that were open race too.
func laterRace(s *grade.Session) *bench {
	b := newBench(s, configured(losslessPeer))
	b.tell("its address is the higher one")
	socket := b.session()
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	b.breaks(socket)
	b.dialed("A message is not acked: there is something to send.")
	theirs := b.calls(2)
	b.opens(theirs, wire.TagSeq, 3, "Both come with connect_seq 2, and the peer's address is the "+
		"lower one: its connection stays.")
	b.exchanges(theirs, 0)
	b.tells(theirs, 1)
	ours := b.opened()
	b.closes(ours, "What was being dialed is there now, but the session has a socket already.")
	b.sent(theirs, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(theirs, 1)
	return b
}

func toldToWait(s *grade.Session) *bench {
	b := newBench(s, configured(losslessPeer))
	b.tell("its address is the higher one")
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	b.reply(socket, wire.TagWait, 0)
	b.mayClose(socket)
	b.passes(time.Second)
	b.quiet("WAIT: the peer's own connection will come, and nothing is to be dialed meanwhile.")
	socket = b.calls(0)
	b.opens(socket, wire.TagSeq, 1, "The connection that WAIT has promised.")
	b.exchanges(socket, 0)
	b.tells(socket, 0)
	b.writes(socket, 1, "The session is open.", 1)
	b.passes(2 * patience)
	return b
}

// nobodyComes: patience ends.
func nobodyComes(s *grade.Session) *bench {
	b := newBench(s, configured(losslessPeer))
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	b.reply(socket, wire.TagWait, 0)
	b.mayClose(socket)
	why := "Who was told to WAIT connects again after twice the longest pause, 30 s: the peer may " +
		"have lost the session that made it promise. The original waits for ever."
	b.passes(patience - time.Millisecond)
	b.quiet(why)
	b.passes(time.Second) // a pause, as after an attempt, may come on top
	b.dialed(why)
	socket = b.opened()
	b.asks(socket, 0, "Nothing was ever opened.")
	return b
}

// owed: who has said WAIT must come.
func owed(s *grade.Session) *bench {
	c := configured(losslessPeer).swapped()
	b := newBench(s, c)
	b.tell("its address is the lower one")
	b.connects()
	b.dialed("The user wants a session.")
	ours := b.opened()
	b.asks(ours, 0, "A new session has connect_seq 0.")
	theirs := b.calls(0)
	b.answers(theirs, wire.TagWait, "Both have dialed, and our address is the lower one.")
	b.breaks(theirs)
	b.breaks(ours)
	b.paused(firstPause, "Nothing is queued, but the peer was told to wait: it is owed a connection.")
	ours = b.opened()
	b.asks(ours, 0, "Nothing was ever opened.")
	b.reply(ours, wire.TagReady, 1)
	return b
}
