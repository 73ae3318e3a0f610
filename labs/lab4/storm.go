package lab4

import (
	"fmt"
	"strings"

	"simplemessenger/labs/grade"
)

// stormSteps is how many things happen in a storm, stormTold how many of them a story tells.
const (
	stormSteps = 500
	stormTold  = 14
)

// frame is what is on its way between two sessions: a message, or an ack if its id is 0.
type frame struct {
	id  int
	seq uint64
}

// side is one of two sessions that talk to each other, and the model of what it must get.
type side struct {
	*one
	// toward are frames on their way to this side.
	toward []frame
	// owed are the messages that the other side's user has sent and that are to be delivered here,
	// of each priority in order. had are those that were delivered.
	owed map[int][]int
	had  map[int]bool
}

// weather is a storm: two sessions, the sockets between them, and what has happened.
type weather struct {
	s        *grade.Session
	sides    [2]*side
	priority map[int]int // of each message
	exchange bool        // the socket began with SEQ
	told     []string
}

// storm: sends, writes, acks, broken sockets, in an order that the seed draws, against a model.
func storm(s *grade.Session) error {
	w := &weather{s: s, priority: map[int]int{}}
	for i, name := range []string{"a", "b"} {
		o, err := begin(s, name, false)
		if err != nil {
			return err
		}
		w.sides[i] = &side{one: o, owed: map[int][]int{}, had: map[int]bool{}}
	}
	for range stormSteps {
		if err := w.happen(); err != nil {
			return err
		}
	}
	for _, last := range []func() error{w.calm, w.gust, w.calm, w.settled} {
		if err := last(); err != nil {
			return err
		}
	}
	return nil
}

func (w *weather) tell(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

// story says what is wrong.
func (w *weather) story(expected, got, why string) error {
	told := w.told[max(0, len(w.told)-stormTold):]
	return &grade.Story{Asked: "two sessions, a and b, in a storm: … " + strings.Join(told, "; "),
		Expected: expected, Got: got, Why: why}
}

// happen lets one thing happen.
func (w *weather) happen() error {
	i := w.s.Random.IntN(2)
	switch n := w.s.Random.IntN(100); {
	case n < 25:
		return w.send(i)
	case n < 50:
		_, err := w.write(i)
		return err
	case n < 65:
		_, err := w.ack(i)
		return err
	case n < 93:
		_, err := w.arrive(i)
		return err
	}
	return w.cut()
}

func (w *weather) send(i int) error {
	id := len(w.priority) + 1
	p := []int{low, normal, highest}[w.s.Random.IntN(3)]
	w.priority[id] = p
	w.sides[1-i].owed[p] = append(w.sides[1-i].owed[p], id)
	w.tell("%s's user sends message %d with priority %d", w.sides[i].name, id, p)
	return w.sides[i].ask("send", map[string]any{"id": id, "priority": p}, nil)
}

// write has a side write its next message, if there is one.
func (w *weather) write(i int) (bool, error) {
	m, err := w.sides[i].next()
	if err != nil || m == nil {
		return false, err
	}
	w.tell("%s writes %v", w.sides[i].name, *m)
	if w.priority[m.ID] == 0 {
		return false, w.story("a message that somebody has sent", m.String(), "")
	}
	w.sides[1-i].toward = append(w.sides[1-i].toward, frame{m.ID, m.Seq})
	return true, nil
}

// ack has a side write an ack, if one is due.
func (w *weather) ack(i int) (bool, error) {
	seq, err := w.sides[i].ack()
	if err != nil || seq == 0 {
		return false, err
	}
	w.tell("%s writes ACK %d", w.sides[i].name, seq)
	w.sides[1-i].toward = append(w.sides[1-i].toward, frame{0, seq})
	return true, nil
}

// arrive has the next frame come to a side, if there is one on its way.
func (w *weather) arrive(i int) (bool, error) {
	to := w.sides[i]
	if len(to.toward) == 0 {
		return false, nil
	}
	f := to.toward[0]
	to.toward = to.toward[1:]
	if f.id == 0 {
		w.tell("ACK %d comes to %s", f.seq, to.name)
		return true, to.ask("acked", map[string]any{"seq": f.seq}, nil)
	}
	var delivered bool
	if err := to.ask("receive", map[string]any{"seq": f.seq}, &delivered); err != nil {
		return true, err
	}
	w.tell("%v comes to %s: %s", written{f.id, f.seq}, to.name, fate(delivered))
	return true, w.judge(to, f, delivered)
}

// judge compares what became of a message with the model.
func (w *weather) judge(to *side, f frame, delivered bool) error {
	p := w.priority[f.id]
	switch {
	case !delivered && !to.had[f.id]:
		return w.story("it is delivered", "it is dropped: it is lost", "The user has never got "+
			"this message. Either it has a number that another one has had, or in_seq is wrong.")
	case !delivered && w.exchange:
		return w.story("it is not sent again", "it travels twice",
			"By SEQ its sender was told that the other side has it.")
	case !delivered:
		return nil
	case to.had[f.id]:
		return w.story("it is dropped", "it is delivered a second time",
			"The user has got this message before.")
	case len(to.owed[p]) == 0 || to.owed[p][0] != f.id:
		return w.story(fmt.Sprintf("message %d first", to.owed[p][0]),
			fmt.Sprintf("message %d is delivered before it", f.id), "Both have the same priority, "+
				"and a message never overtakes one of its own priority.")
	}
	to.had[f.id] = true
	to.owed[p] = to.owed[p][1:]
	return nil
}

// cut breaks the socket: some of what is on its way arrives, the rest is lost. Then there is a new
// one.
func (w *weather) cut() error {
	for i, to := range w.sides {
		for n := w.s.Random.IntN(len(to.toward) + 1); n > 0; n-- {
			if _, err := w.arrive(i); err != nil {
				return err
			}
		}
	}
	w.exchange = w.s.Random.IntN(3) > 0
	return w.reopen()
}

func (w *weather) reopen() error {
	w.tell("the socket breaks, and %d frames to a and %d to b are lost", len(w.sides[0].toward),
		len(w.sides[1].toward))
	var has [2]uint64
	for i, side := range w.sides {
		side.toward = nil
		var goesOn bool
		if err := side.ask("broke", nil, &goesOn); err != nil {
			return err
		}
		if !goesOn {
			return w.story(living(true), living(false), "Both sessions are lossless.")
		}
		seq, err := side.inSeq()
		if err != nil {
			return err
		}
		has[1-i] = seq
	}
	if w.exchange {
		w.tell("a new socket, SEQ: a has everything up to %d, b up to %d", has[1], has[0])
	} else {
		w.tell("a new socket, READY")
		has = [2]uint64{}
	}
	for i, side := range w.sides {
		if err := side.ask("opened", map[string]any{"seq": w.exchange, "has": has[i]},
			nil); err != nil {
			return err
		}
	}
	return nil
}

// calm goes on without faults until nothing moves any more.
func (w *weather) calm() error {
	for range 100 * stormSteps {
		moved := false
		for i := range w.sides {
			for _, do := range []func(int) (bool, error){w.write, w.ack, w.arrive} {
				did, err := do(i)
				if err != nil {
					return err
				}
				moved = moved || did
			}
		}
		if !moved {
			return nil
		}
	}
	return w.story("an end", "messages and acks without end", "The storm is over, and nobody "+
		"sends anything any more.")
}

// gust is a last one, after which nothing else will mend what goes wrong in it: a message comes to
// b, its ack is lost, and nobody tells anything.
func (w *weather) gust() error {
	if err := w.send(0); err != nil {
		return err
	}
	if _, err := w.write(0); err != nil {
		return err
	}
	if _, err := w.arrive(1); err != nil {
		return err
	}
	if _, err := w.ack(1); err != nil {
		return err
	}
	w.exchange = false
	return w.reopen()
}

// settled: everything was delivered, and nothing is kept.
func (w *weather) settled() error {
	for _, to := range w.sides {
		for _, p := range []int{highest, normal, low} {
			if len(to.owed[p]) > 0 {
				return w.story(fmt.Sprintf("message %d at %s", to.owed[p][0], to.name),
					"it never comes: it is lost", "The storm is over, nothing is on its way, and "+
						"its sender has nothing to write.")
			}
		}
	}
	w.exchange = false
	if err := w.reopen(); err != nil {
		return err
	}
	for _, from := range w.sides {
		if m, err := from.next(); err != nil {
			return err
		} else if m != nil {
			return w.story("nothing to write", m.String(),
				"The peer has all, and has acked what was new to it: nothing needs to be kept.")
		}
	}
	return nil
}
