package grade

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/pkg/errors"
)

// Subject is who is asked: a student's program, or the reference.
type Subject interface {
	// Ask sends a question and returns the answer. The error is a *Trouble if the subject has not
	// answered: it is not asked again then.
	Ask(op string, args json.RawMessage) (json.RawMessage, error)
	// Close ends it.
	Close() error
}

type jsonRaw = json.RawMessage

// Step is one thing that a student builds.
type Step struct {
	// Name is short: "the footer".
	Name   string
	Points int
	// Section is what to read if it is not right, such as "protocol.md#message_footer-21-bytes".
	Section string
	// Run asks. The error is a *Story.
	Run func(s *Session) error
}

// Session is what a step asks with.
type Session struct {
	subject Subject
	// Random draws the same for the same seed.
	Random *rand.Rand
	// asked are the last questions of the step and their answers, for the story.
	asked   []string
	ctx     context.Context
	monitor string
}

// Context ends when nobody waits for the verdict any more.
func (s *Session) Context() context.Context { return s.ctx }

// Subject is who is asked, for a step that does more with it than ask.
func (s *Session) Subject() Subject { return s.subject }

// Monitor is the address of a real monitor, HOST:PORT[/NONCE]; empty if there is none.
func (s *Session) Monitor() string { return s.monitor }

// maxAsked bounds what a story shows of the conversation.
const maxAsked = 12

// Ask sends a question, with args as JSON, and reads the answer into result, which may be nil. What
// cannot be read into it is a story.
func (s *Session) Ask(op string, args, result any) error {
	question, err := json.Marshal(args)
	if err != nil {
		return errors.Wrap(err, op)
	}
	answer, err := s.subject.Ask(op, question)
	line := fmt.Sprintf("%s %s → ", op, short(question))
	if err != nil {
		s.note(line + "no answer")
		return err
	}
	s.note(line + short(answer))
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return &Story{Asked: line, Expected: fmt.Sprintf("a value of the form %T", result),
			Got: short(answer)}
	}
	return nil
}

func (s *Session) note(line string) {
	s.asked = append(s.asked, line)
	s.asked = s.asked[max(0, len(s.asked)-maxAsked):]
}

// short is JSON that fits into a line.
func short(b []byte) string {
	const most = 300
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}

// Story tells why a step is not right. It is an error.
type Story struct {
	// Asked is what was sent or done, Expected what should have come, Got what came.
	Asked    string `json:"asked"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	// Fields are lines that take bytes apart, field by field: offset, name, expected, got.
	Fields []string `json:"fields,omitempty"`
	// Why says what that means, in a sentence or two.
	Why string `json:"why,omitempty"`
	// Before are the questions and answers that led there.
	Before []string `json:"before,omitempty"`
}

// Error returns the story in a line.
func (s *Story) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s expected %s, got %s", s.Asked, s.Expected, s.Got))
}

// Trouble says that a program has not answered: it is the program itself that is not well.
type Trouble struct {
	// Kind is one of "build", "hang", "panic", "error" (an answer that says so itself), "exit",
	// "output", "memory", "nonsense" (no answer to the question).
	Kind string
	// Text says it in a sentence, with what the program has printed.
	Text string
}

// Error returns the text.
func (t *Trouble) Error() string { return t.Text }

// StepResult is what became of a step.
type StepResult struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
	Of     int    `json:"of"`
	// State is "passed", "failed" or "not reached".
	State string `json:"state"`
}

// Verdict is what a grader says.
type Verdict struct {
	Lab    int          `json:"lab"`
	Seed   uint64       `json:"seed"`
	Points int          `json:"points"`
	Of     int          `json:"of"`
	Steps  []StepResult `json:"steps"`
	// Failed is the name of the step that is not right, empty if all are, and Section what to read.
	Failed  string `json:"failed,omitempty"`
	Section string `json:"section,omitempty"`
	// Story or Trouble say why.
	Story   *Story `json:"story,omitempty"`
	Trouble string `json:"trouble,omitempty"`
	Kind    string `json:"kind,omitempty"`
}

// Grade asks step after step, until one is not right. The subject is closed at the end.
func Grade(lab int, steps []Step, subject Subject, seed uint64) Verdict {
	return grade(lab, steps, subject, seed, Session{ctx: context.Background()})
}

// grade does so; each step has a session as this one.
func grade(lab int, steps []Step, subject Subject, seed uint64, session Session) Verdict {
	defer subject.Close()
	v := Verdict{Lab: lab, Seed: seed}
	for i, step := range steps {
		result := StepResult{Name: step.Name, Of: step.Points, State: "not reached"}
		v.Of += step.Points
		if v.Failed == "" {
			s := session
			s.subject, s.Random = subject, rand.New(rand.NewPCG(seed, uint64(i)))
			if err := step.run(&s); err != nil {
				v.fail(step, &s, err)
				result.State = "failed"
			} else {
				result.State, result.Points = "passed", step.Points
				v.Points += step.Points
			}
		}
		v.Steps = append(v.Steps, result)
	}
	return v
}

// run runs the step. A panic of the grader's is no point for the student, and no end of the grader.
func (s Step) run(session *Session) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Errorf("the grader itself has failed, which is a mistake of ours: %v", p)
		}
	}()
	return s.Run(session)
}

func (v *Verdict) fail(step Step, s *Session, err error) {
	v.Failed, v.Section = step.Name, step.Section
	var story *Story
	var trouble *Trouble
	switch {
	case errors.As(err, &story):
		v.Story = story
		if story.Before == nil && len(s.asked) > 1 {
			story.Before = s.asked[:len(s.asked)-1]
		}
	case errors.As(err, &trouble):
		v.Trouble, v.Kind = trouble.Text, trouble.Kind
	default:
		v.Trouble, v.Kind = err.Error(), "grader"
	}
}
