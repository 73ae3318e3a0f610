package lab5

import (
	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// nextSocket: a session goes on over the next socket, whatever the peer answers first.
func nextSocket(s *grade.Session) error {
	return steps(s, goesOn, retries, nonsense)
}

func goesOn(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	socket := b.session()
	b.sends(1, 2, 3)
	b.writes(socket, 1, "The session is open.", 1, 2, 3)
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.acked(socket, 1)
	b.breaks(socket)
	b.dialed("After an open session the first socket comes without a pause.")
	b.sends(4)
	socket = b.opened()
	b.asks(socket, 2, "connect_seq 1 was open, and this is the next connection.")
	b.breaks(socket)
	b.paused(firstPause, "The first attempt after it has failed.")
	socket = b.resumed(2, 2, 1)
	b.writes(socket, 3, "The peer has 1 and 2. The rest comes in order, with the old number.", 3, 4)
	b.breaks(socket)
	b.dialed("SEQ has said that the peer has message 2, which was news: that is progress.")
	socket = b.opened()
	b.asks(socket, 4, "connect_seq 3 was open, and this is the next connection.")
	b.reply(socket, wire.TagReady, 5)
	b.writes(socket, 3, "After READY everything that is not acked comes again.", 3, 4)
	return b
}

func retries(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	socket := b.session()
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	b.breaks(socket)
	b.dialed("After an open session the first socket comes without a pause.")
	socket = b.opened()
	c := b.asks(socket, 2, "connect_seq 1 was open, and this is the next connection.")
	b.retryGlobal(socket, c.GlobalSeq+100)
	b.globalSeq += 100
	b.asks(socket, 2, "RETRY_GLOBAL: again on the same socket, with the same connect_seq.")
	b.reply(socket, wire.TagRetrySession, 9)
	b.asks(socket, 9, "RETRY_SESSION: again on the same socket, with the answer's connect_seq.")
	b.breaks(socket)
	b.paused(firstPause, pauseWhy)
	socket = b.opened()
	b.asks(socket, 9, "What RETRY_SESSION has said is kept, also if the socket breaks.")
	b.reply(socket, wire.TagSeq, 10, 0)
	b.exchanges(socket, 0)
	b.writes(socket, 1, "The peer does not have it.", 1)
	return b
}

// nonsense: answers that a peer must not give, and that must not bring us down.
func nonsense(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	pause := firstPause
	for _, answer := range []struct {
		tag        wire.Tag
		connectSeq uint32
		why        string
	}{
		{wire.TagReady, 2, "READY whose connect_seq is not ours plus 1"},
		{wire.TagSeq, 7, "SEQ whose connect_seq is not ours plus 1"},
		{wire.TagRetrySession, 0, "RETRY_SESSION with a connect_seq that is not above ours"},
		{wire.TagResetSession, 0, "RESETSESSION although connect_seq was 0: it would go on for ever"},
		{wire.TagMsg, 0, "a tag that is no answer"},
		{wire.TagBadProtoVer, 0, "BADPROTOVER: one of the two may be upgraded any time"},
	} {
		socket := b.opened()
		b.asks(socket, 0, "Nothing was ever opened.")
		b.reply(socket, answer.tag, answer.connectSeq)
		why := "That is a fault of the attempt: " + answer.why + "."
		b.closes(socket, why)
		b.paused(pause, why)
		pause *= 2
	}
	return b
}

// resets: the peer has lost the session, or our user has given it up.
func resets(s *grade.Session) error {
	return steps(s, resetByPeer, markedDown)
}

func resetByPeer(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	socket := b.session()
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	b.sent(socket, 107, 7)
	b.delivers("It is the first message of the peer's.", 107)
	b.acks(socket, 7)
	b.breaks(socket)
	b.dialed("After an open session the first socket comes without a pause.")
	b.sends(2)
	socket = b.opened()
	b.asks(socket, 2, "connect_seq 1 was open, and this is the next connection.")
	b.reply(socket, wire.TagResetSession, 0)
	b.toldRemoteReset("The peer knows nothing of the session: the user must hear that what was " +
		"sent may be lost.")
	b.asks(socket, 0, "RESETSESSION: begin anew, on the same socket.")
	b.reply(socket, wire.TagReady, 1)
	b.quiet("What was queued for the old session was dropped: the user was told.")
	b.sent(socket, 101, 1)
	b.delivers("The peer numbers anew: in_seq was to be 0 again.", 101)
	b.acks(socket, 1)
	b.sends(3)
	b.anew(socket, 3)
	return b
}

// anew: the machine sends a message that is the first of a session that has begun anew. Its number
// is 1, or drawn at random: both are right.
func (b *bench) anew(socket, id int) {
	if b.err != nil {
		return
	}
	b.housekeeping(b.sockets[socket])
	why := "The new session has this message to send, and nothing else."
	want := numbered(id).frame(1, wire.EntityName{})
	got := b.take(socket, len(want), "a message", why)
	if got == nil {
		return
	}
	var h wire.MessageHeader
	if err := h.Decode(got[1:]); err != nil || h.TID != uint64(id) || h.Seq == 0 {
		b.fail(numberedText(id), said(got), why)
	}
}

func numberedText(id int) string { return list([]message{numbered(id)}) }

func markedDown(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	socket := b.session()
	b.sends(1)
	b.writes(socket, 1, "The session is open.", 1)
	b.marksDown()
	b.closes(socket, "The session is over, and so is its socket.")
	b.passes(longestPause)
	b.quiet("Whoever has marked a session down need not be told, and wants no other one.")
	b.sends(2)
	b.dialed("The user begins a new session.")
	socket = b.opened()
	b.asks(socket, 0, "It is a new session: the old one was marked down.")
	b.reply(socket, wire.TagReady, 1)
	b.anew(socket, 2)
	b.marksDown()
	b.closes(socket, "The session is over, and so is its socket.")
	// While it dials.
	b.sends(3)
	b.dialed("The user begins a new session.")
	b.marksDown()
	socket = b.opened()
	b.closes(socket, "Nobody wants this socket any more: the user has marked the peer down while "+
		"it was being dialed.")
	return b
}
