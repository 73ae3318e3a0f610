package lab6

import (
	"simplemessenger/labs/grade"
)

// plenty are limits under which every message costs the same.
var plenty = limits{MaxTokens: 16 << 20, MinCost: 64 << 10}

// firstError does one thing after the other until one goes wrong.
func firstError(do ...func() error) error {
	for _, f := range do {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// strictPriorities: from 64 on up the higher one goes first, and order within one stays.
func strictPriorities(s *grade.Session) error {
	q, err := newQueue(s, plenty)
	if err != nil {
		return err
	}
	const why = "From 64 on up the highest priority goes first, always; within one priority the " +
		"messages of a connection keep their order."
	return firstError(
		func() error { return q.next(delivery{}, "Nothing is queued.") },
		func() error {
			return q.enqueue(item{1, 1, 127, 0}, item{2, 1, 196, 0}, item{3, 1, 127, 0},
				item{4, 1, 255, 0}, item{5, 1, 64, 0}, item{6, 1, 196, 0})
		},
		func() error { return q.messages(why, 4, 2) },
		func() error { return q.enqueue(item{7, 1, 196, 0}, item{8, 1, 200, 0}) },
		func() error { return q.messages(why+" What comes while others wait is no exception.", 8) },
		func() error { return q.messages(why, 6, 7, 1, 3, 5) },
		func() error { return q.next(delivery{}, "All were delivered.") },
	)
}

// takingTurns: connections of one priority are served in turn.
func takingTurns(s *grade.Session) error {
	q, err := newQueue(s, plenty)
	if err != nil {
		return err
	}
	const why = "Within a priority connections take turns, one message each: who sends much does " +
		"not hold up who sends little."
	const newcomer = why + " Who comes into the circle stands behind all that are in it: the next " +
		"one is not the one after the last that was served, but a place before it."
	return firstError(
		func() error {
			return q.enqueue(item{1, 1, 127, 0}, item{2, 1, 127, 0}, item{3, 1, 127, 0},
				item{4, 2, 127, 0}, item{5, 2, 127, 0}, item{6, 3, 127, 0})
		},
		func() error { return q.messages(why, 1, 4, 6, 2) },
		// The circle: connection 2 is next, then 1.
		func() error { return q.enqueue(item{7, 4, 127, 0}, item{8, 3, 127, 0}) },
		func() error { return q.messages(newcomer, 5, 3, 7, 8) },
		func() error { return q.next(delivery{}, "All were delivered.") },
		// Each priority has its own circle.
		func() error {
			return q.enqueue(item{11, 1, 127, 0}, item{12, 2, 127, 0}, item{13, 1, 196, 0},
				item{14, 2, 196, 0}, item{15, 1, 196, 0}, item{16, 1, 127, 0})
		},
		func() error {
			return q.messages(why+" Each priority has its own circle: a turn in one is none in "+
				"another.", 13, 14, 15, 11, 12, 16)
		},
	)
}

// tokens: below 64 priorities share.
func tokens(s *grade.Session) error {
	// Priorities 10 and 30, of cost 100 each. The sum is 40: of each 100, 25 + 1 and 75 + 1 are
	// given out.
	q, err := newQueue(s, limits{MaxTokens: 1000, MinCost: 1})
	if err != nil {
		return err
	}
	const why = "Below 64 priorities share. From the lowest up, the first whose bucket holds what " +
		"its front message costs goes and pays; if there is none the highest goes and pays " +
		"nothing; then as many tokens as the message cost are given out, to each priority that " +
		"has messages its part of the sum of priorities, and one more."
	for id := 1; id <= 6; id++ {
		if err := q.enqueue(item{id, 1, 10, 100}, item{id + 10, 2, 30, 100}); err != nil {
			return err
		}
	}
	if err := firstError(
		// 10 saves up 26 each time: 26, 52, 78, 104; the fifth time it pays. At the second 30
		// pays by itself, which changes nothing for 10.
		func() error { return q.messages(why, 11, 12, 13, 14, 1, 15) },
		func() error { return q.enqueue(item{20, 3, 127, 100}) },
		func() error {
			return q.messages("A priority of 64 or more goes before all that are below.", 20)
		},
		// Nothing was given out for it: 10 has 4 + 26 + 26, the last of 30 leaves it alone.
		func() error { return q.messages(why, 16, 2, 3) },
	); err != nil {
		return err
	}
	return boundedTokens(s)
}

// boundedTokens: what a message costs, and what a bucket holds, has limits.
func boundedTokens(s *grade.Session) error {
	q, err := newQueue(s, limits{MaxTokens: 150, MinCost: 50})
	if err != nil {
		return err
	}
	const why = "A message costs its size, but at least min_cost and at most max_tokens; a bucket " +
		"holds at most max_tokens. With the last message of a priority its bucket goes: who " +
		"comes again begins with none."
	return firstError(
		func() error {
			return q.enqueue(item{1, 1, 20, 1000}, item{2, 1, 60, 0}, item{3, 1, 60, 0},
				item{4, 1, 60, 0}, item{5, 1, 60, 0}, item{6, 1, 60, 5000}, item{7, 1, 60, 500},
				item{8, 1, 60, 500}, item{9, 1, 60, 0})
		},
		// 2 to 5 cost 50: 20 gets 12+1 each, 52 in all. 6 and 7 cost 150: 37+1 each, 128. Then
		// 8: 166, of which the bucket keeps 150, the cost of message 1.
		func() error { return q.messages(why, 2, 3, 4, 5, 6, 7, 8, 1) },
		func() error { return q.enqueue(item{10, 1, 20, 0}) },
		func() error { return q.messages(why, 9, 10) },
	)
}

// events come before messages.
func events(s *grade.Session) error {
	q, err := newQueue(s, plenty)
	if err != nil {
		return err
	}
	const why = "Events come before messages of any priority, and keep their order: a handler " +
		"hears that a connection was accepted before it sees its first message."
	return firstError(
		func() error { return q.enqueue(item{1, 1, 127, 0}, item{2, 2, 255, 0}) },
		func() error { return q.event("accept", 1) },
		func() error { return q.event("accept", 2) },
		func() error { return q.next(delivery{"accept", 1, 0}, why) },
		func() error { return q.next(delivery{"accept", 2, 0}, why) },
		func() error { return q.messages(why, 2) },
		func() error { return q.event("reset", 2) },
		func() error { return q.next(delivery{"reset", 2, 0}, why) },
		func() error { return q.messages(why, 1) },
		func() error { return q.next(delivery{}, "All were delivered.") },
	)
}

// discard drops what a connection has queued.
func discard(s *grade.Session) error {
	q, err := newQueue(s, plenty)
	if err != nil {
		return err
	}
	const why = "With a connection all its messages go, of every priority, and nobody else's; the " +
		"others take their turns as if it had never been there."
	return firstError(
		func() error {
			return q.enqueue(item{1, 1, 127, 0}, item{2, 2, 127, 0}, item{3, 3, 127, 0},
				item{4, 2, 127, 0}, item{5, 2, 255, 0}, item{6, 2, 10, 0}, item{7, 1, 127, 0})
		},
		func() error { return q.event("reset", 2) },
		func() error { return q.next(delivery{"reset", 2, 0}, "Events come first.") },
		func() error { return q.messages("The highest priority goes first.", 5) },
		func() error { return q.messages(why, 1) },
		func() error { return q.event("accept", 2) },
		func() error { return q.discarded(2, []int{2, 4, 6}, why) },
		func() error { return q.discarded(2, nil, "It has nothing any more.") },
		func() error {
			return q.next(delivery{"accept", 2, 0}, "Events are kept: whoever was told of a "+
				"connection's beginning is told of its end.")
		},
		func() error { return q.messages(why, 3, 7) },
		func() error { return q.enqueue(item{8, 2, 127, 0}) },
		func() error { return q.messages("Who was discarded may come again.", 8) },
		func() error { return q.next(delivery{}, "All were delivered or dropped.") },
	)
}
