package lab4

import (
	"fmt"

	"simplemessenger/labs/grade"
)

// receive: new messages are delivered, gaps or none; old ones are dropped.
func receive(s *grade.Session) error {
	o, err := begin(s, "a", false)
	if err != nil {
		return err
	}
	first := s.Random.Uint64N(1<<31) + 5
	dup := "Its number is not above the highest one that was taken: it was sent again without need."
	gap := "A gap is no reason to refuse a message: its sender has given the numbers between up."
	for _, m := range []struct {
		seq  uint64
		want bool
		why  string
	}{
		{first, true, "The first message may have any number: after a reset it begins at random."},
		{first + 1, true, "It is the next one."},
		{first + 1, false, dup},
		{first - 1, false, dup},
		{first + 5, true, gap},
		{first + 3, false, "What is below the highest number is old, also what fits into a gap: " +
			"else messages would change their order."},
		{first + 6, true, "It is the next one."},
		{first + 6 + 1<<33, true, "Numbers have 64 bits."},
	} {
		if err := o.receives(m.seq, m.want, m.why); err != nil {
			return err
		}
	}
	got, err := o.inSeq()
	if err != nil {
		return err
	}
	if want := first + 6 + 1<<33; got != want {
		o.tell("how far has the session received?")
		return o.story(fmt.Sprint(want), fmt.Sprint(got),
			"in_seq is the highest number that was taken.")
	}
	return nil
}

// acks: what is told, and what is done with what the peer tells.
func acks(s *grade.Session) error {
	if err := acksOut(s); err != nil {
		return err
	}
	o, err := begin(s, "a", false)
	if err != nil {
		return err
	}
	if err := o.send(normal, 1, 2, 3, 4, 5); err != nil {
		return err
	}
	if err := o.expect("Messages go out as they were sent.", written{1, 1}, written{2, 2},
		written{3, 3}, written{4, 4}); err != nil {
		return err
	}
	// A broken socket shows what was kept.
	for _, seq := range []uint64{2, 1} {
		if err := o.acked(seq); err != nil {
			return err
		}
	}
	if err := o.broke(true, "A lossless session survives its socket."); err != nil {
		return err
	}
	if err := o.opened(false, 0); err != nil {
		return err
	}
	why := "An ack covers everything up to its number, so 1 and 2 are done with, and no more; " +
		"one that goes back takes nothing back."
	if err := o.expect(why, written{3, 3}, written{4, 4}, written{5, 5}); err != nil {
		return err
	}
	// An ack of more than was sent.
	if err := o.acked(1 << 40); err != nil {
		return err
	}
	if err := o.send(normal, 6); err != nil {
		return err
	}
	return o.expect("An ack of what was never sent acks all that was, and counts nothing on.",
		written{6, 6})
}

// acksOut: one ack for many messages, and none twice.
func acksOut(s *grade.Session) error {
	o, err := begin(s, "a", false)
	if err != nil {
		return err
	}
	if err := o.acks(0, "Nothing was received."); err != nil {
		return err
	}
	for seq := uint64(1); seq <= 3; seq++ {
		if err := o.receives(seq, true, "It is the next one."); err != nil {
			return err
		}
	}
	if err := o.acks(3, "One ack covers all messages up to its number."); err != nil {
		return err
	}
	o.tell("ACK 3 is written")
	if err := o.acks(0, "The peer was told already, and nothing has come since."); err != nil {
		return err
	}
	if err := o.receives(7, true, "A gap is no reason to refuse a message."); err != nil {
		return err
	}
	return o.acks(7, "The ack names the highest number that was taken.")
}
