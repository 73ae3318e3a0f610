package lab5

import (
	"fmt"
	"time"

	"simplemessenger/labs/grade"
	"simplemessenger/wire"
)

// The storm through which two machines of the student's go.
const (
	pairStep  = 10 * time.Millisecond
	stormTime = time.Minute     // of sends and cuts
	calmTime  = 3 * time.Minute // in which everything must have come
	pairCuts  = 200
	pairSends = 200 // of each side
)

// world is two machines, the sockets between them, and one clock.
type world struct {
	s     *grade.Session
	now   time.Duration
	sides [2]*machine
	links []*link
	last  int // socket
	cuts  int
	told  []string
}

// machine is one of the two.
type machine struct {
	name    string
	sockets map[int]*link
	calling time.Duration // when what it dials will be there; 0 if it does not dial
	sent    int           // messages 1 to that were sent by its user
	got     int           // messages 1 to that its user has got from the other
}

// link is a TCP connection. Index 0 is the side that has dialed.
type link struct {
	dialer int    // side
	socket [2]int // number at each end
	bytes  [2][]byte
	open   [2]bool          // the end is open
	fin    [2]bool          // the end is to hear of the close once it has read everything
	dead   bool             // cut: nothing goes through any more
	hears  [2]time.Duration // when each end hears of the cut
	cut    int              // bytes that go through before it is cut; negative for no end
	agreed bool             // the accepting side has opened the session
}

// end returns the index of a side at the link.
func (l *link) end(side int) int {
	if side == l.dialer {
		return 0
	}
	return 1
}

// side returns whose that end is.
func (l *link) side(end int) int {
	if end == 0 {
		return l.dialer
	}
	return 1 - l.dialer
}

// pair: two machines of the student's, equals, who both dial, over sockets that are cut at bytes
// that the seed draws. Whoever wins which race: everything comes, once and in order, and nobody is
// told of a reset, since nobody has restarted.
func pair(s *grade.Session) error {
	w := &world{s: s, cuts: pairCuts}
	for i, name := range []string{"a", "b"} {
		w.sides[i] = &machine{name: name, sockets: map[int]*link{}}
		c := configured(losslessPeer)
		if i == 0 {
			c = c.swapped() // a has the lower address
		}
		if err := s.Ask("machine", making{name, c}, nil); err != nil {
			return err
		}
	}
	for w.now < stormTime+calmTime {
		if err := w.step(); err != nil {
			return err
		}
		if w.now > stormTime && w.over() {
			return nil
		}
	}
	for i, m := range w.sides {
		if other := w.sides[1-i]; m.got < other.sent {
			return w.story(fmt.Sprintf("message %d of %s's comes", m.got+1, other.name),
				fmt.Sprintf("it has not come %v after the last fault", calmTime),
				"No socket was cut for a long time. Does either side still dial?")
		}
	}
	return nil
}

// over: everything has come.
func (w *world) over() bool {
	return w.sides[0].got == w.sides[1].sent && w.sides[1].got == w.sides[0].sent
}

func (w *world) tell(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf("%.2f s: ", w.now.Seconds())+fmt.Sprintf(format, args...))
}

func (w *world) story(expected, got, why string) error {
	return &grade.Story{Asked: "two machines, a (the lower address) and b, whose sockets are cut",
		Expected: expected, Got: got, Why: why, Before: w.told[max(0, len(w.told)-24):]}
}

// step lets a moment pass.
func (w *world) step() error {
	w.now += pairStep
	for i, m := range w.sides {
		if err := w.happen(i, event{Kind: "tick"}); err != nil {
			return err
		}
		if w.now < stormTime && m.sent < pairSends && w.s.Random.IntN(20) == 0 {
			m.sent++
			message := numbered(m.sent)
			w.tell("%s's user sends message %d", m.name, m.sent)
			if err := w.happen(i, event{Kind: "send", Message: &message}); err != nil {
				return err
			}
		}
		if m.calling > 0 && w.now >= m.calling {
			if err := w.connect(i); err != nil {
				return err
			}
		}
	}
	for _, l := range w.links {
		for end := range 2 {
			if err := w.move(l, end); err != nil {
				return err
			}
		}
	}
	return nil
}

// connect brings what a side has dialed, or refuses it.
func (w *world) connect(i int) error {
	m := w.sides[i]
	m.calling = 0
	if w.now < stormTime && w.s.Random.IntN(10) == 0 {
		w.tell("what %s has dialed is refused", m.name)
		return w.happen(i, event{Kind: "refused"})
	}
	l := &link{dialer: i, cut: -1, open: [2]bool{true, true}}
	if w.cuts > 0 && w.now < stormTime {
		w.cuts--
		l.cut = w.s.Random.IntN(110) // within the handshake
		if w.s.Random.IntN(2) == 0 {
			l.cut *= 20
		}
	}
	for end := range 2 {
		w.last++
		l.socket[end] = w.last
		w.sides[l.side(end)].sockets[w.last] = l
	}
	w.links = append(w.links, l)
	w.tell("%s has dialed: socket %d at %s, socket %d at %s", m.name, l.socket[0], m.name,
		l.socket[1], w.sides[1-i].name)
	if err := w.happen(1-i, event{Kind: "accepted", Socket: l.socket[1]}); err != nil {
		return err
	}
	return w.happen(i, event{Kind: "opened", Socket: l.socket[0]})
}

// move brings what is on its way to an end of a link.
func (w *world) move(l *link, end int) error {
	if !l.open[end] {
		return nil
	}
	side := l.side(end)
	if l.dead && w.now >= l.hears[end] || !l.dead && l.fin[end] && len(l.bytes[end]) == 0 {
		l.open[end] = false
		w.tell("%s hears that socket %d is gone", w.sides[side].name, l.socket[end])
		return w.happen(side, event{Kind: "closed", Socket: l.socket[end]})
	}
	n := min(len(l.bytes[end]), 1+w.s.Random.IntN(400))
	if l.dead || n == 0 {
		return nil
	}
	if l.cut >= 0 && l.cut <= n {
		n = l.cut
		l.dead = true
		w.tell("the connection between socket %d and %d is cut", l.socket[0], l.socket[1])
		for e := range 2 {
			l.hears[e] = w.now + time.Duration(1+w.s.Random.IntN(100))*pairStep
		}
	}
	if l.cut > 0 {
		l.cut -= n
	}
	bytes := l.bytes[end][:n]
	l.bytes[end] = l.bytes[end][n:]
	if n == 0 {
		return nil
	}
	return w.happen(side, event{Kind: "bytes", Socket: l.socket[end], Bytes: bytes})
}

// happen tells a machine of an event, and does what it says.
func (w *world) happen(i int, e event) error {
	m := w.sides[i]
	var actions []action
	if err := w.s.Ask("handle", happening{m.name, w.now.Milliseconds(), e}, &actions); err != nil {
		return err
	}
	for _, a := range actions {
		if err := w.do(i, a); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) do(i int, a action) error {
	m := w.sides[i]
	l := m.sockets[a.Socket]
	switch a.Kind {
	case "dial":
		if m.calling == 0 {
			m.calling = w.now + time.Duration(1+w.s.Random.IntN(5))*pairStep
		}
	case "write":
		if l != nil && l.open[l.end(i)] {
			w.write(i, l, a.Bytes)
		}
	case "close":
		if l != nil && l.open[l.end(i)] {
			w.tell("%s closes socket %d", m.name, a.Socket)
			l.open[l.end(i)], l.fin[1-l.end(i)] = false, true
		}
	case "deliver":
		return w.deliver(i, a.Message)
	case "reset", "remote reset":
		return w.story("no reset", fmt.Sprintf("%s tells its user: %s", m.name, a.Kind),
			"Nobody has restarted, and neither user has marked anything down.")
	}
	return nil
}

// write puts bytes on their way, and tells what they are if they belong to the handshake.
func (w *world) write(i int, l *link, b []byte) {
	end := l.end(i)
	if c, err := wire.DecodeConnect(b); end == 0 && !l.agreed && err == nil {
		w.tell("%s says connect %d/%d on socket %d", w.sides[i].name, c.ConnectSeq, c.GlobalSeq,
			l.socket[0])
	}
	if r, err := wire.DecodeConnectReply(b); end == 1 && err == nil && !l.agreed {
		w.tell("%s answers %v, connect_seq %d, global_seq %d", w.sides[i].name, r.Tag, r.ConnectSeq,
			r.GlobalSeq)
		l.agreed = r.Tag == wire.TagReady || r.Tag == wire.TagSeq
	}
	l.bytes[1-end] = append(l.bytes[1-end], b...)
}

func (w *world) deliver(i int, got *message) error {
	m, other := w.sides[i], w.sides[1-i]
	if got == nil {
		return w.story("a message with deliver", "none", "")
	}
	want := numbered(m.got + 1)
	w.tell("%s's user gets message %d", m.name, got.TID)
	if got.TID == want.TID && string(got.Front) == string(want.Front) && m.got < other.sent {
		m.got++
		return nil
	}
	why := "It was never sent like that."
	switch {
	case got.TID <= uint64(m.got):
		why = "The user has got this message before: it came twice."
	case got.TID <= uint64(other.sent):
		why = fmt.Sprintf("Message %d has not come yet: it is lost, or was overtaken.", m.got+1)
	}
	return w.story(fmt.Sprintf("message %d of %s's", m.got+1, other.name),
		fmt.Sprintf("message %d, %q", got.TID, got.Front), why)
}
