package lab4

import (
	"fmt"

	"simplemessenger/labs/grade"
)

// sent begins a session in which messages 1 to 4 were written, and 5 and 6 wait: 6 with a priority
// above theirs.
func sent(s *grade.Session, lossy bool) (*one, error) {
	o, err := begin(s, "a", lossy)
	if err != nil {
		return nil, err
	}
	if err := o.send(normal, 1, 2, 3, 4); err != nil {
		return nil, err
	}
	if err := o.expect("Messages go out as they were sent.", written{1, 1}, written{2, 2},
		written{3, 3}, written{4, 4}); err != nil {
		return nil, err
	}
	if err := o.send(normal, 5); err != nil {
		return nil, err
	}
	return o, o.send(highest, 6)
}

// breaks: what was sent comes again, before everything else, with the numbers that it had.
func breaks(s *grade.Session) error {
	o, err := sent(s, false)
	if err != nil {
		return err
	}
	if err := o.acked(1); err != nil {
		return err
	}
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	why := "What was sent and not acked goes back to the front of the queue, in order, before " +
		"messages of any priority, and each keeps its number: by that the peer knows what it has."
	if err := o.expect(why, written{2, 2}, written{3, 3}); err != nil {
		return err
	}
	// It breaks again in the middle.
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	if err := o.expect(why, written{2, 2}, written{3, 3}, written{4, 4}, written{6, 5},
		written{5, 6}); err != nil {
		return err
	}
	if err := o.nothing("Everything was written on this socket."); err != nil {
		return err
	}
	// What is not acked yet stays known as received over there: in_seq survives too.
	if err := o.receives(9, true, "It is the first one."); err != nil {
		return err
	}
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	if err := o.receives(9, false, "It came over an earlier socket: a session remembers what it "+
		"has received, whichever socket it came by."); err != nil {
		return err
	}
	return lossy(s)
}

// lossy: nothing is kept.
func lossy(s *grade.Session) error {
	o, err := sent(s, true)
	if err != nil {
		return err
	}
	if err := o.broke(false, "A lossy session ends with its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	why := "When the socket of a lossy session dies, so does the session: what was sent is not " +
		"sent again, and what was queued was meant for the session that is over."
	if err := o.nothing(why); err != nil {
		return err
	}
	if err := o.send(normal, 7); err != nil {
		return err
	}
	return o.expect("A new session counts from 1.", written{7, 1})
}

// seq: after the exchange both sides know what is missing.
func seq(s *grade.Session) error {
	o, err := sent(s, false)
	if err != nil {
		return err
	}
	for n := uint64(1); n <= 2; n++ {
		if err := o.receives(n, true, "It is the next one."); err != nil {
			return err
		}
	}
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	got, err := o.inSeq()
	if err != nil {
		return err
	}
	if got != 2 {
		o.tell("what does the session say after SEQ?")
		return o.story("2", fmt.Sprint(got),
			"After SEQ each side says the number of the last message that it has received.")
	}
	if err := o.opened(true, 3); err != nil {
		return err
	}
	if err := o.acks(0, "By SEQ the peer was told what we have: no ack is due."); err != nil {
		return err
	}
	if err := o.expect("The peer has 1 to 3: they are not sent again. 4 keeps its number.",
		written{4, 4}, written{6, 5}, written{5, 6}); err != nil {
		return err
	}
	// Everything came over.
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(true, 6); err != nil {
		return err
	}
	if err := o.send(normal, 8); err != nil {
		return err
	}
	if err := o.expect("The peer has all six: the next new message is the seventh.",
		written{8, 7}); err != nil {
		return err
	}
	return claims(s)
}

// claims: a peer that says that it has more than was sent.
func claims(s *grade.Session) error {
	o, err := sent(s, false)
	if err != nil {
		return err
	}
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	claim := 100 + s.Random.Uint64N(1000)
	if err := o.opened(true, claim); err != nil {
		return err
	}
	return o.expect("The peer claims to have more than was ever sent. Were numbering to go on "+
		"below that, it would take new messages for old ones and drop them: so it goes on behind.",
		written{6, claim + 1}, written{5, claim + 2})
}

// ready: nobody has told anything, so everything comes again; and a peer that does so is helped.
func ready(s *grade.Session) error {
	o, err := sent(s, false)
	if err != nil {
		return err
	}
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	if err := o.expect("After READY each side assumes that all that is not acked is lost.",
		written{1, 1}, written{2, 2}, written{3, 3}, written{4, 4}); err != nil {
		return err
	}
	if o, err = begin(s, "a", false); err != nil {
		return err
	}
	for n := uint64(1); n <= 4; n++ {
		if err := o.receives(n, true, "It is the next one."); err != nil {
			return err
		}
	}
	if err := o.acks(4, "One ack covers all messages up to its number."); err != nil {
		return err
	}
	o.tell("ACK 4 is written, and lost with the socket")
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	if err := o.receives(3, false, "It was taken before."); err != nil {
		return err
	}
	return o.acks(4, "The peer sends again what it has no ack for. If a duplicate is not acked "+
		"once more, it keeps the message for ever; the ack names all that we have.")
}
