package lab5

import (
	"time"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

const pauseWhy = "After attempts that fail one after the other the pause is 0.2 s, 0.4 s, 0.8 s … " +
	"and never more than 15 s."

// faults: how long to wait, and what a lossy session does.
func faults(s *grade.Session) error {
	return steps(s, pauses, openPauses, steady, lossyFault)
}

// paused: the machine dials after that pause, and not before.
func (b *bench) paused(d time.Duration, why string) {
	b.passes(d - time.Millisecond)
	b.quiet(why)
	b.passes(time.Millisecond)
	b.dialed(why)
}

func pauses(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	pause := firstPause
	for range 9 {
		b.refused()
		b.paused(pause, pauseWhy)
		pause = min(2*pause, longestPause)
	}
	// Attempts that fail behind the dial are attempts too.
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	b.breaks(socket)
	b.paused(longestPause, pauseWhy)
	socket = b.opened()
	b.asks(socket, 0, "Nothing was ever opened: connect_seq counts connections, not attempts.")
	b.reply(socket, wire.TagReady, 1)
	b.writes(socket, 1, "The message is still to be sent.", 1)
	b.acked(socket, 1)
	b.breaks(socket)
	b.dialed("The peer has acked a message: that is progress, and the pauses begin anew. After an " +
		"open session the first socket comes without one.")
	return b
}

// openPauses: sessions that open and get nowhere pause too.
func openPauses(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	socket := b.session()
	why := "An open session whose socket ends is no progress by itself: the pauses are 0, 0.2, " +
		"0.4 s … until a message was delivered or acked, or 15 s in an open session."
	connectSeq := uint32(2)
	for _, pause := range []time.Duration{0, firstPause, 2 * firstPause, 4 * firstPause} {
		b.breaks(socket)
		if pause > 0 {
			b.paused(pause, why)
		} else {
			b.dialed(why)
		}
		socket = b.resumed(connectSeq, 0, 0)
		connectSeq += 2
	}
	b.sent(socket, 101, 1)
	b.delivers("It is the first message of the peer's.", 101)
	b.acks(socket, 1)
	b.breaks(socket)
	b.dialed("A message was delivered: that is progress, and the pauses begin anew.")
	return b
}

// steady: a session that was open for as long as the longest pause has got somewhere.
func steady(s *grade.Session) *bench {
	b := newBench(s, configured(losslessClient))
	socket := b.session()
	b.breaks(socket)
	b.dialed("After an open session the first socket comes without a pause.")
	socket = b.resumed(2, 0, 0)
	b.passes(longestPause + time.Second)
	b.breaks(socket)
	b.dialed("It was open for longer than 15 s: the pauses begin anew.")
	return b
}

// lossyFault: with the socket the session is over.
func lossyFault(s *grade.Session) *bench {
	b := newBench(s, configured(lossyClient))
	b.sends(1)
	b.dialed("There is something to be sent, so there must be a session.")
	b.refused()
	b.paused(firstPause, "An attempt that fails is no end of a lossy session: there is none yet.")
	socket := b.opened()
	b.asks(socket, 0, "A new session has connect_seq 0.")
	b.reply(socket, wire.TagReady, 1)
	b.writes(socket, 1, "What was sent before the session was open is written now.", 1)
	b.breaks(socket)
	b.toldReset("A lossy session ends with its socket, and its user is told.")
	b.passes(longestPause)
	b.quiet("The session is over: nobody wants another one.")
	b.sends(2)
	b.dialed("The user begins a new session.")
	socket = b.opened()
	b.asks(socket, 0, "It is a new session.")
	b.reply(socket, wire.TagReady, 1)
	b.writes(socket, 1, "The new session counts from 1, and the old message is gone.", 2)
	return b
}
