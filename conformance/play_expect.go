package conformance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// expect reads the piece that a step names, and compares its fields.
func (p *play) expect(step *script.Step) error {
	if step.Word(0) == "silence" {
		return p.silence(step)
	}
	if err := p.deadline(step); err != nil {
		return err
	}
	var before error
	for {
		got, err := p.read(step)
		if got != nil {
			p.last = got
		}
		if err != nil {
			if before != nil {
				return errors.WithMessagef(err, "%v; and then", before)
			}
			return err
		}
		// An ack may cover less than what was sent, and the next one more. What is skipped may come
		// before the one that is meant.
		before = p.matchAll(got, step)
		if before == nil || got.name != "ack" && !p.skips(step, got) {
			return before
		}
	}
}

// skips tells whether frames of that name are passed over.
func (p *play) skips(step *script.Step, got *piece) bool {
	_, found := step.Arg("skip")
	return found && slices.Contains(skip(step, ""), got.name)
}

// skip returns the names of the frames that may come before the one that is expected.
func skip(step *script.Step, name string) []string {
	if list, found := step.Arg("skip"); found {
		names := strings.Split(list, ",")
		if slices.Contains(names, "housekeeping") {
			names = append(names, housekeeping...)
		}
		return names
	}
	switch name {
	case "msg", "frame", "close":
		return housekeeping
	}
	return append([]string{"msg"}, housekeeping...)
}

func (p *play) read(step *script.Step) (*piece, error) {
	s := p.current
	name := step.Word(0)
	if strings.Contains(name, "|") {
		return p.readOneOf(step, strings.Split(name, "|"))
	}
	switch name {
	case "greeting":
		return s.readGreeting()
	case "connect":
		return s.readConnect()
	case "reply":
		return p.readAnswer(step)
	case "open":
		return p.expectOpen(step)
	case "seq":
		return s.readSeq()
	case "closed":
		list := frames
		if _, found := step.Arg("skip"); found {
			list = skip(step, name)
		}
		most, err := p.most(step)
		if err != nil {
			return nil, err
		}
		return s.readEnd(list, most)
	default:
		if name != "frame" && !slices.Contains(frames, name) {
			return nil, errors.Errorf("there is no piece %s", name)
		}
		got, err := s.readFrameOf(name, skip(step, name))
		if err == nil {
			p.account(got)
		}
		return got, err
	}
}

// readOneOf reads a frame that has one of the names, or the end of the socket if "closed" is among
// them. The weight of a name is that of a pattern: behind ~ it makes the verdict non-strict.
func (p *play) readOneOf(step *script.Step, names []string) (*piece, error) {
	list := housekeeping
	if _, found := step.Arg("skip"); found {
		list = skip(step, "frame")
	}
	for {
		got, err := p.current.readFrame()
		var missing *missingError
		if errors.As(err, &missing) && !isTimeout(missing.err) && missing.what == "a frame" {
			if got, err = p.current.ended(missing.err); !p.names(got.name, names) {
				return got, errors.Errorf("expected %s: the socket was closed",
					strings.Join(names, " or "))
			}
			return got, err
		}
		if err != nil {
			return got, errors.WithMessage(err, "expected "+strings.Join(names, " or "))
		}
		switch {
		case p.names(got.name, names):
			p.account(got)
			return got, nil
		case !slices.Contains(list, got.name):
			return got, errors.Errorf("expected %s, got %v", strings.Join(names, " or "), got)
		}
	}
}

// names tells whether a piece is one of those that a step names.
func (p *play) names(name string, names []string) bool {
	if slices.Contains(names, name) {
		return true
	}
	weak := slices.Contains(names, "~"+name)
	if weak {
		p.weak = append(p.weak, "it went on with "+name+", which is the weaker way")
	}
	return weak
}

// account keeps the numbers of the session.
func (p *play) account(got *piece) {
	if got.name == "msg" {
		v, _ := got.get("seq")
		p.self.inSeq = v.Number
	}
}

// readAnswer reads what answers the last connect message. With retry=1 a RETRY_GLOBAL that comes
// first is obeyed, once, as a well-behaved client would: 16.2 says it before it lets a session go
// on.
func (p *play) readAnswer(step *script.Step) (*piece, error) {
	s := p.current
	got, _, err := s.readReply()
	for n := 0; err == nil && s.answersChallenge() && n < maxRounds; n++ {
		if err := p.answerChallenge(); err != nil {
			return got, err
		}
		got, _, err = s.readReply()
	}
	if _, retry := step.Arg("retry"); !retry || err != nil || s.reply.Tag != wire.TagRetryGlobal {
		return got, err
	}
	p.self.globalSeq = max(s.connect.GlobalSeq, s.reply.GlobalSeq) + 1
	s.connect.GlobalSeq = p.self.globalSeq
	if s.proof != nil {
		s.proof.automatic = true // 16.2 challenges once more
	}
	if err := p.write(append(s.connect.Append(nil), s.authorizer...)); err != nil {
		return got, err
	}
	return p.readAnswer(step.Without("retry"))
}

// expectOpen reads READY, or SEQ and what follows it.
func (p *play) expectOpen(step *script.Step) (*piece, error) {
	s := p.current
	got, err := p.readAnswer(step)
	if err != nil {
		return got, err
	}
	if s.reply.Tag != wire.TagReady && s.reply.Tag != wire.TagSeq {
		return got, errors.Errorf("expected READY or SEQ, got %v", got)
	}
	return got, p.opened(new(script.Step), got)
}

// opened takes over what the session has, once READY or SEQ has been read.
func (p *play) opened(step *script.Step, got *piece) error {
	s := p.current
	s.open = true
	p.self.session, p.self.connectSeq = true, s.reply.ConnectSeq
	if s.reply.Tag != wire.TagSeq {
		return nil
	}
	seq, err := s.readSeq()
	if err != nil {
		return err
	}
	v, _ := seq.get("seq")
	got.number("in_seq", v.Number)
	if v.Number > p.self.outSeq {
		return citeForm("V1-SEQEX-1", "after SEQ the server claims to have %d messages, and %d were sent",
			v.Number, p.self.outSeq)
	}
	claim, err := p.claimed(step)
	if err != nil {
		return err
	}
	return p.write(wire.AppendSeq(nil, claim))
}

func (p *play) matchAll(got *piece, step *script.Step) error {
	for _, a := range step.Args {
		switch a.Name {
		case "skip", "within", "retry", "most":
			continue
		}
		if err := p.match(got, a.Name, a.Value); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) match(got *piece, name, pattern string) error {
	if got == nil {
		return errors.New("nothing was expected yet")
	}
	v, found := got.get(name)
	if !found {
		return errors.Errorf("%s has no field %s", got.name, name)
	}
	m, err := script.Matches(name, pattern, v, p.vars)
	switch {
	case err != nil:
		return err
	case m == script.MatchNot:
		return &mismatchError{field: name, want: p.explain(pattern), got: script.Show(name, v),
			piece: got}
	case m == script.MatchWeak:
		p.weak = append(p.weak, name+" is "+script.Show(name, v)+", "+pattern+" would be better")
	}
	return nil
}

// explain says what the variables of a pattern were.
func (p *play) explain(pattern string) string {
	for name, v := range p.vars {
		pattern = strings.ReplaceAll(pattern, "$"+name, v.String())
	}
	return strings.ReplaceAll(pattern, "|", " or ")
}

// mismatchError says that a field of a piece is not as expected.
type mismatchError struct {
	field, want, got string
	piece            *piece
}

func (e *mismatchError) Error() string {
	return e.piece.name + ": expected " + e.field + "=" + e.want + ", got " + e.field + "=" + e.got
}

// most is how many bytes may come before silence or the end: most=N of the step. It is for what a
// messenger may send at once or later, such as a client its banner.
func (p *play) most(step *script.Step) (int, error) {
	text, found := step.Arg("most")
	if !found {
		return 0, nil
	}
	v, err := script.Eval("most", text, p.vars)
	return int(min(v.Number, 4096)), err
}

// nobody expects that the messenger under test opens no connection for a while.
func (p *play) nobody(ctx context.Context, step *script.Step) error {
	d, err := time.ParseDuration(step.Word(1))
	if err != nil {
		return err
	}
	conn, err := p.listener.accept(ctx, d, nil)
	switch {
	case err == nil:
		conn.Close()
		return errors.New("expected nobody: a connection came")
	case p.listener == nil, ctx.Err() != nil:
		return err
	}
	return nil
}

// silence expects that nothing comes for a while, and that the socket stays open, unless
// closed=may.
func (p *play) silence(step *script.Step) error {
	d, err := time.ParseDuration(step.Word(1))
	if err != nil {
		return err
	}
	if p.current == nil {
		return errNoSocket
	}
	if err := p.current.conn.SetDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	most, err := p.most(step)
	if err != nil {
		return err
	}
	b, err := p.current.r.Peek(1 + most)
	switch {
	case most > 0 && len(b) > most:
		return errors.Errorf("expected no more than %d bytes, and more came", most)
	case most > 0 && len(b) > 0 && isTimeout(err):
		return nil
	case len(b) > 0 && p.current.open:
		got, err := p.current.readFrame()
		if err != nil {
			return err
		}
		if slices.Contains(skip(step, "frame"), got.name) {
			return nil
		}
		return errors.Errorf("expected silence, got %v", got)
	case len(b) > 0:
		return errors.Errorf("expected silence, got the byte %#x", b[0])
	case isTimeout(err):
		return nil
	}
	if closed, _ := step.Arg("closed"); closed == "may" {
		return nil
	}
	return errors.New("expected silence: the socket was closed")
}
