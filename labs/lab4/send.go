package lab4

import "simplemessenger/labs/grade"

// The priorities that have names.
const (
	low, normal, high, highest = 64, 127, 196, 255
)

// inOrder: messages of one priority go out as they were sent, and are numbered from 1.
func inOrder(s *grade.Session) error {
	o, err := begin(s, "a", false)
	if err != nil {
		return err
	}
	if err := o.nothing("Nobody has sent anything."); err != nil {
		return err
	}
	if err := o.send(normal, 11, 12, 13); err != nil {
		return err
	}
	why := "Messages are numbered when they are written, from 1, and go out as they were sent."
	if err := o.expect(why, written{11, 1}, written{12, 2}, written{13, 3}); err != nil {
		return err
	}
	if err := o.nothing("Everything was written once, and no socket broke."); err != nil {
		return err
	}
	if err := o.send(normal, 14); err != nil {
		return err
	}
	if err := o.expect(why, written{14, 4}); err != nil {
		return err
	}
	// Two sessions are two sessions.
	other, err := begin(s, "b", false)
	if err != nil {
		return err
	}
	if err := other.send(normal, 21); err != nil {
		return err
	}
	return other.expect("Each session counts for itself.", written{21, 1})
}

// priorities: a high one overtakes, and the number is given at the moment of writing.
func priorities(s *grade.Session) error {
	o, err := begin(s, "a", false)
	if err != nil {
		return err
	}
	for _, m := range []struct{ priority, id int }{{normal, 1}, {low, 2}, {high, 3}, {normal, 4},
		{high, 5}, {highest, 6}, {low, 7}, {200, 8}} {
		if err := o.send(m.priority, m.id); err != nil {
			return err
		}
	}
	why := "Out queues are served strictly by priority, in order within one; the number is that " +
		"of the place in which a message is written, not of that in which it was sent."
	if err := o.expect(why, written{6, 1}, written{8, 2}, written{3, 3}, written{5, 4},
		written{1, 5}); err != nil {
		return err
	}
	if err := o.send(high, 9); err != nil {
		return err
	}
	return o.expect(why, written{9, 6}, written{4, 7}, written{2, 8}, written{7, 9})
}
