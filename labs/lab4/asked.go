package lab4

import (
	"fmt"
	"strings"

	"simplemessenger/labs/grade"
)

// written is a message as it goes to the socket.
type written struct {
	ID  int    `json:"id"`
	Seq uint64 `json:"seq"`
}

// String returns it as stories show it.
func (w written) String() string { return fmt.Sprintf("message %d with seq %d", w.ID, w.Seq) }

// one is a session of the subject's that is asked. It tells what has happened to it, for stories.
type one struct {
	s    *grade.Session
	name string
	told []string
}

// begin has the subject make a session, in the place of one of that name.
func begin(s *grade.Session, name string, lossy bool) (*one, error) {
	kind := "lossless"
	if lossy {
		kind = "lossy"
	}
	o := &one{s: s, name: name, told: []string{"a new " + kind + " session"}}
	return o, s.Ask("new", map[string]any{"session": name, "lossy": lossy}, nil)
}

// tell notes what happens.
func (o *one) tell(format string, args ...any) {
	o.told = append(o.told, fmt.Sprintf(format, args...))
}

// story says what is wrong, after all that was told.
func (o *one) story(expected, got, why string) error {
	const most = 10
	told := o.told
	if len(told) > most {
		told = append([]string{"…"}, told[len(told)-most:]...)
	}
	return &grade.Story{Asked: strings.Join(told, "; "), Expected: expected, Got: got, Why: why}
}

func (o *one) ask(op string, args map[string]any, result any) error {
	if args == nil {
		args = map[string]any{}
	}
	args["session"] = o.name
	return o.s.Ask(op, args, result)
}

// send queues messages of a priority.
func (o *one) send(priority int, ids ...int) error {
	for _, id := range ids {
		o.tell("the user sends message %d with priority %d", id, priority)
		if err := o.ask("send", map[string]any{"id": id, "priority": priority}, nil); err != nil {
			return err
		}
	}
	return nil
}

// next asks what is written next; nil is nothing.
func (o *one) next() (*written, error) {
	var w *written
	err := o.ask("next", nil, &w)
	return w, err
}

// expect asks what is written next, again and again.
func (o *one) expect(why string, want ...written) error {
	for _, w := range want {
		got, err := o.next()
		if err != nil {
			return err
		}
		o.tell("the next to be written")
		if got == nil {
			return o.story(w.String(), "nothing to write", why)
		}
		if *got != w {
			return o.story(w.String(), got.String(), why)
		}
		o.told[len(o.told)-1] = "writes " + w.String()
	}
	return nil
}

// nothing expects that nothing is left to be written.
func (o *one) nothing(why string) error {
	got, err := o.next()
	if err != nil || got == nil {
		return err
	}
	o.tell("the next to be written")
	return o.story("nothing to write", got.String(), why)
}

// receives says that a message came, and expects that it is delivered, or dropped.
func (o *one) receives(seq uint64, want bool, why string) error {
	var got bool
	o.tell("a message with seq %d comes", seq)
	if err := o.ask("receive", map[string]any{"seq": seq}, &got); err != nil {
		return err
	}
	if got != want {
		return o.story(fate(want), fate(got), why)
	}
	return nil
}

func fate(delivered bool) string {
	if delivered {
		return "it is delivered"
	}
	return "it is dropped"
}

// acks expects that an ack of that number is to be written; 0 for none.
func (o *one) acks(want uint64, why string) error {
	got, err := o.ack()
	if err != nil || got == want {
		return err
	}
	o.tell("the ack to be written")
	return o.story(ackOf(want), ackOf(got), why)
}

// ack asks for the ack that is to be written, and has it written.
func (o *one) ack() (uint64, error) {
	var got uint64
	err := o.ask("ack", nil, &got)
	return got, err
}

func ackOf(seq uint64) string {
	if seq == 0 {
		return "no ack"
	}
	return fmt.Sprintf("ACK %d", seq)
}

// acked says that the peer's ack came.
func (o *one) acked(seq uint64) error {
	o.tell("ACK %d comes", seq)
	return o.ask("acked", map[string]any{"seq": seq}, nil)
}

// broke says that the socket broke, and expects that the session lives on, or does not.
func (o *one) broke(want bool, why string) error {
	var got bool
	o.tell("the socket breaks")
	if err := o.ask("broke", nil, &got); err != nil {
		return err
	}
	if got != want {
		return o.story(living(want), living(got), why)
	}
	return nil
}

func living(on bool) string {
	if on {
		return "the session goes on"
	}
	return "the session is over"
}

// inSeq asks how far the session has received: what it says after SEQ.
func (o *one) inSeq() (uint64, error) {
	var got uint64
	err := o.ask("in_seq", nil, &got)
	return got, err
}

// opened says that a new socket goes on with the session. With exchanged both sides have told how
// far they have got, the peer as far as has.
func (o *one) opened(exchanged bool, has uint64) error {
	if exchanged {
		o.tell("a new socket, opened with SEQ: the peer has everything up to %d", has)
	} else {
		o.tell("a new socket, opened with READY")
	}
	return o.ask("opened", map[string]any{"seq": exchanged, "has": has}, nil)
}
