package lab7

import "simplemessenger/labs/grade"

// firstError does one thing after the other until one goes wrong.
func firstError(do ...func() error) error {
	for _, f := range do {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) because(why string) func() error {
	return func() error {
		w.why = why
		return nil
	}
}

func (w *world) feeds(c *conn, n int) func() error {
	return func() error { return w.feed(c, n) }
}

func (w *world) writes(c *conn, n int) func() error {
	return func() error { return w.writable(c, n) }
}

// accepting has a peer come in, one piece after the other.
func accepting(s *grade.Session) error {
	for _, authorizer := range []int{0, 40} {
		w, err := newWorld(s, 0, 0, 0)
		if err != nil {
			return err
		}
		w.why = "A server speaks first: the banner does not wait for the peer's."
		c, err := w.accept(newPeer(1, 1, 0, authorizer, false), -1)
		if err != nil {
			return err
		}
		if err := firstError(
			w.because("Behind the banner comes a connect message."), w.feeds(c, 145),
			w.because("Behind the connect message come as many bytes of an authorizer as it says, "+
				"perhaps none; each state is entered, also if what it waits for is there already."),
			w.feeds(c, 33), w.feeds(c, -1),
		); err != nil {
			return err
		}
	}
	w, err := newWorld(s, 0, 0, 0)
	if err != nil {
		return err
	}
	c, err := w.accept(newPeer(1, 1, 0, 0, false), -1)
	if err != nil {
		return err
	}
	w.why = "All of it has come at once: one event leads through all states. No further event comes " +
		"for bytes that have come already."
	return w.feed(c, -1)
}

// anyBytes cuts what comes.
func anyBytes(s *grade.Session) error {
	for _, piece := range []int{1, 7, 0} {
		w, err := newWorld(s, 0, 0, 0)
		if err != nil {
			return err
		}
		c, err := w.accept(newPeer(1, 1, 0, 20, false), -1)
		if err != nil {
			return err
		}
		w.why = "An event says that something has come, not that it is what the state waits for. " +
			"What is not enough is left where it is."
		for c.fed < len(c.bytes) {
			n := piece
			if n == 0 {
				n = 1 + s.Random.IntN(60)
			}
			if err := w.feed(c, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// partialWrites has sockets that take part of what they are offered.
func partialWrites(s *grade.Session) error {
	w, err := newWorld(s, 0, 0, 0)
	if err != nil {
		return err
	}
	w.why = "The socket takes 100 of 281 bytes. The state is left when the banner is written."
	c, err := w.accept(newPeer(1, 1, 0, 0, false), 100)
	if err != nil {
		return err
	}
	var other *conn
	return firstError(
		w.because("What was not written is kept until the socket takes more, and is not lost."),
		w.feeds(c, 145), w.writes(c, 0), w.writes(c, 180),
		w.because("The banner of the peer has come before ours was written: no event comes for it "+
			"any more."),
		w.writes(c, 1),
		w.because("The reply does not go out before it is written: the session is not open."),
		w.feeds(c, 33), w.writes(c, 25), w.writes(c, 1),
		w.because("A connection whose socket is full holds up no other."),
		func() (err error) {
			other, err = w.accept(newPeer(2, 2, 0, 0, false), -1)
			return err
		},
		func() error { return w.feed(other, -1) },
	)
}

// fullSocket has frames come while what is to be written waits.
func fullSocket(s *grade.Session) error {
	w, err := newWorld(s, 0, 0, 0)
	if err != nil {
		return err
	}
	p := newPeer(1, 1, 0, 0, false)
	p.keepalive(1)
	p.message(10, 0, 0, 0)
	p.keepalive(2)
	c, err := w.accept(p, bannerSize+replySize)
	if err != nil {
		return err
	}
	w.why = "In an open session frames are read although what is to be written waits; it is written " +
		"in order when the socket takes it."
	return firstError(w.feeds(c, -1), w.writes(c, 4), w.writes(c, 6), w.writes(c, -1))
}

// frames sends all frames.
func frames(s *grade.Session) error {
	send := func(p *script) {
		p.ack()
		p.keepalive(5)
		p.message(100, 20, 300, 0)
		p.message(0, 0, 0, 0)
		p.message(0, 0, 50, 0)
		p.message(70000, 0, 0, 0)
		p.keepalive(6)
		p.ack()
	}
	for _, piece := range []int{-1, 0, 999} {
		w, err := newWorld(s, 0, 0, 0)
		if err != nil {
			return err
		}
		p := newPeer(1, 1, 0, 0, false)
		send(p)
		c, err := w.accept(p, -1)
		if err != nil {
			return err
		}
		w.why = "A message goes through header, three throttles, the parts that are not empty, and " +
			"the footer; without payload it asks the first throttle only. What it has taken is given " +
			"back when it was dispatched; then it is acked. Keepalives are answered with their stamp."
		for c.fed < len(c.bytes) {
			n := piece
			if n == 0 { // frame by frame is not, but just at borders of states
				n = max(c.waits[c.at].read-(c.fed-c.used), 1)
			}
			if err := w.feed(c, n); err != nil {
				return err
			}
		}
	}
	return fullSocket(s)
}

// throttles fills each throttle in turn, and lets it go.
func throttles(s *grade.Session) error {
	for _, name := range []string{"messages", "bytes", "dispatch"} {
		w, err := newWorld(s, 4, 1000, 1000)
		if err != nil {
			return err
		}
		full := map[string]int{"messages": 4, "bytes": 950, "dispatch": 950}[name]
		if err := throttled(w, name, full); err != nil {
			return err
		}
	}
	return nil
}

func throttled(w *world, name string, full int) error {
	p, q, r := newPeer(1, 1, 0, 0, false), newPeer(2, 2, 0, 0, false), newPeer(3, 3, 0, 0, false)
	p.message(100, 0, 0, 0)
	p.keepalive(9)
	q.keepalive(10)
	q.message(0, 100, 0, 0)
	r.message(0, 0, 2000, 0)
	conns := make([]*conn, 3)
	for i, p := range []*script{p, q, r} {
		c, err := w.accept(p, -1)
		if err != nil {
			return err
		}
		conns[i] = c
		if err := w.feed(c, 145+33); err != nil {
			return err
		}
	}
	return firstError(
		w.because("The throttle is full: the connection waits in its state, and takes nothing from "+
			"its socket meanwhile, whatever comes."),
		func() error { return w.take(name, full) },
		w.feeds(conns[0], 200), w.feeds(conns[0], -1),
		w.because("One connection waits for a throttle. The others are served all the same, until "+
			"they come to it too."),
		w.feeds(conns[1], -1),
		w.because("There is room: who waits goes on at once, in turn, without an event of its "+
			"socket, and asks no throttle a second time. What it gives back lets the next one go "+
			"on."),
		func() error { return w.give(name, full) },
		w.because("A message larger than the limit goes when no more is taken than the limit."),
		w.feeds(conns[2], -1),
	)
}

// reconnect goes on with a session.
func reconnect(s *grade.Session) error {
	w, err := newWorld(s, 0, 0, 0)
	if err != nil {
		return err
	}
	p := newPeer(1, 7, 0, 0, false)
	p.message(10, 0, 0, 0)
	c, err := w.accept(p, -1)
	if err != nil {
		return err
	}
	if err := firstError(w.feeds(c, -1), func() error { return w.hangup(c) }); err != nil {
		return err
	}
	w.why = "Behind SEQ and our number the peer tells its own: 8 bytes, before any frame. The " +
		"numbers of messages go on."
	again := newPeer(2, 7, 2, 0, true)
	again.seq = 1
	again.message(20, 0, 0, 0)
	if c, err = w.accept(again, bannerSize+replySize); err != nil {
		return err
	}
	return firstError(w.feeds(c, 145+33+3), w.writes(c, -1), w.feeds(c, 5), w.feeds(c, -1))
}

// ends has connections end at bad moments.
func ends(s *grade.Session) error {
	for damage := range 3 {
		w, err := newWorld(s, 0, 0, 0)
		if err != nil {
			return err
		}
		p := newPeer(1, 1, 0, 0, false)
		if damage == 0 {
			p.bad()
		} else {
			p.message(10, 0, 30, damage)
		}
		c, err := w.accept(p, -1)
		if err != nil {
			return err
		}
		w.why = "A byte that is no tag, a wrong checksum of a header or of a part: the connection is " +
			"closed, nothing is dispatched, and what was taken from throttles is given back."
		if err := firstError(w.feeds(c, 145+33), w.feeds(c, -1)); err != nil {
			return err
		}
	}
	for _, cut := range []int{60, 54 + 20} {
		if err := hangsUp(s, cut); err != nil {
			return err
		}
	}
	return nil
}

// hangsUp has peers go in the midst of a message, and while one waits.
func hangsUp(s *grade.Session, cut int) error {
	w, err := newWorld(s, 0, 100, 0)
	if err != nil {
		return err
	}
	conns := make([]*conn, 3)
	for i := range conns {
		p := newPeer(i+1, uint32(i+1), 0, 0, false)
		p.message(60, 0, 0, 0)
		c, err := w.accept(p, -1)
		if err != nil {
			return err
		}
		conns[i] = c
		if err := w.feed(c, 145+33); err != nil {
			return err
		}
	}
	return firstError(
		w.because("Two messages of 60 bytes do not fit into 100: the second and the third wait."),
		w.feeds(conns[0], cut), w.feeds(conns[1], -1), w.feeds(conns[2], -1),
		w.because("The peer of a connection that waits for a throttle has gone. Its message has "+
			"come as a whole before: the end is seen behind it, and not yet."),
		func() error { return w.hangup(conns[1]) },
		w.because("The peer has gone within a message: what was taken for it is given back, and "+
			"whoever waits goes on. What came before the end of a stream is dispatched."),
		func() error { return w.hangup(conns[0]) },
	)
}

// everything has several connections say a lot, in pieces, over sockets that take little.
func everything(s *grade.Session) error {
	for range 6 {
		if err := randomWorld(s); err != nil {
			return err
		}
	}
	return nil
}

func randomWorld(s *grade.Session) error {
	w, err := newWorld(s, 3, 4000, 4000)
	if err != nil {
		return err
	}
	w.why = "This is a long run at random, with connections side by side. The questions before show " +
		"how it came to this."
	var conns []*conn
	for i := range 3 {
		p := newPeer(i+1, uint32(i+1), 0, s.Random.IntN(2)*30, false)
		for range 12 {
			switch s.Random.IntN(4) {
			case 0:
				p.ack()
			case 1:
				p.keepalive(uint32(s.Random.IntN(1 << 30)))
			default:
				p.message(s.Random.IntN(3)*50, s.Random.IntN(2)*10, s.Random.IntN(2)*600, 0)
			}
		}
		c, err := w.accept(p, s.Random.IntN(300))
		if err != nil {
			return err
		}
		conns = append(conns, c)
	}
	for range 120 {
		c := conns[s.Random.IntN(len(conns))]
		if s.Random.IntN(3) == 0 && c.room >= 0 {
			err = w.writable(c, s.Random.IntN(100))
		} else {
			err = w.feed(c, s.Random.IntN(200))
		}
		if err != nil {
			return err
		}
	}
	for _, c := range conns {
		if err := firstError(w.writes(c, -1), w.feeds(c, -1)); err != nil {
			return err
		}
	}
	return nil
}
