package lab5

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance"
	"simplemessenger/internal/child"
	"simplemessenger/labs/grade"
)

// network is what a subject needs to have besides answers for the last step: how its messenger is
// started on real sockets.
type network interface {
	// Targets returns it as a server and as a client, for the conformance kit, and what ends them.
	Targets() (server, client *conformance.Target, end func())
	// Ping sends a ping to a monitor and returns when it is answered.
	Ping(ctx context.Context, address string) error
}

// The cases of the kit that are played: those about what this lab is about, and none that has to
// wait for something that does not come.
var (
	serverCases = []string{"accept/unknown-session", "accept/reset-then-new",
		"accept/answers-are-whole", "reconnect/goes-on", "reconnect/goes-on-by-seq",
		"reconnect/replaces", "reconnect/far-ahead", "reconnect/stale-global-seq",
		"reconnect/stale-connect-seq", "reconnect/same-connect-seq", "reconnect/restarted",
		"reconnect/answer-was-lost", "reconnect/another-peer-is-not-touched", "resume/truth-three",
		"resume/cut-header", "resume/cut-data", "resume/answer-again", "resume/answers-had-partly",
		"resume/ready", "resume/ready-duplicates", "resume/ten-faults",
		"sequence/duplicate-content", "sequence/gap", "ack/one", "ack/many-at-once"}
	clientCases = []string{"client-answer/ready", "client-answer/seq",
		"client-answer/reply-byte-by-byte", "client-answer/reply-and-frames",
		"client-answer/ready-with-wrong-connect-seq", "client-retry/global", "client-retry/session",
		"client-retry/resetsession", "client-resume/connect-seq",
		"client-resume/attempts-do-not-count", "client-resume/replay-after-seq",
		"client-resume/not-what-seq-covers", "client-resume/all-after-ready",
		"client-resume/many-breaks", "client-open/byte-by-byte"}
)

const (
	// kitTime is how long the kit may take in all, pingTime how long a ping may.
	kitTime  = time.Minute
	pingTime = 15 * time.Second
	// kitTimeout is how long a step of a case waits, before what may be slow is played once more.
	kitTimeout = 2 * time.Second
	// maxPing is how many bytes are told of what a ping that fails has printed.
	maxPing = 1000
)

// onSockets: the machine on TCP, by the driver that was given, with the conformance kit for a peer,
// and with a real monitor, where there is one.
func onSockets(s *grade.Session) error {
	var n network
	switch subject := s.Subject().(type) {
	case *grade.Program:
		n = program{subject}
	case network:
		n = subject
	default:
		return errors.Errorf("%T has nothing for real sockets", subject)
	}
	ctx, cancel := context.WithTimeout(s.Context(), kitTime)
	defer cancel()
	server, client, end := n.Targets()
	defer end()
	if err := conform(ctx, server, conformance.RoleServer, serverCases); err != nil {
		return err
	}
	if err := conform(ctx, client, conformance.RoleClient, clientCases); err != nil {
		return err
	}
	if s.Monitor() == "" {
		return nil
	}
	ctx, cancel = context.WithTimeout(s.Context(), pingTime)
	defer cancel()
	if err := n.Ping(ctx, s.Monitor()); err != nil {
		return &grade.Story{Asked: "a ping to the monitor at " + s.Monitor(),
			Expected: "its answer", Got: err.Error(),
			Why: "student ping " + s.Monitor() + " does the same. See protocol.md, types."}
	}
	return nil
}

// conform plays cases. What did not come in time is played for once more, by itself: a machine may
// be busy.
func conform(ctx context.Context, target *conformance.Target, role conformance.Role,
	cases []string) error {
	wrong, err := played(ctx, target, conformance.Options{Role: role, Run: cases,
		Timeout: kitTimeout, Parallel: len(cases)})
	if err != nil {
		return err
	}
	for _, r := range wrong {
		if !r.PerhapsSlow() {
			return told(r, role)
		}
		again, err := played(ctx, target, conformance.Options{Role: role,
			Run: []string{r.Case.Name}, Timeout: 2 * kitTimeout})
		if err != nil {
			return err
		}
		if len(again) > 0 {
			return told(again[0], role)
		}
	}
	return nil
}

// played plays cases and returns the results of those that were not passed.
func played(ctx context.Context, target *conformance.Target,
	options conformance.Options) ([]*conformance.Result, error) {
	report, err := conformance.Check(ctx, target, options)
	if errors.Is(err, context.Canceled) {
		return nil, err // nobody waits for a story
	}
	if err != nil {
		return nil, &grade.Story{Asked: fmt.Sprintf("the program as a %s, over TCP", options.Role),
			Expected: "a messenger that can be talked to", Got: err.Error()}
	}
	return slices.DeleteFunc(report.Results, func(r *conformance.Result) bool {
		return r.Verdict == conformance.Pass || r.Verdict == conformance.NonStrict
	}), nil
}

// told is the story of a case that was not passed.
func told(r *conformance.Result, role conformance.Role) error {
	rule, _ := conformance.RuleByID(r.Rule)
	story := &grade.Story{
		Asked:    fmt.Sprintf("the case %s of the conformance kit: %s", r.Case.Name, r.Case.About),
		Expected: fmt.Sprintf("%s (%s, %s)", rule.Text, rule.ID, rule.Section),
		Got:      r.Reason,
		Why: fmt.Sprintf("simplemsgr conform %s --exec './student %s' --run %s --verbose plays it "+
			"again, and tells all that was said.", role, map[conformance.Role]string{
			conformance.RoleServer: "serve {listen}", conformance.RoleClient: "call {kit}"}[role],
			r.Case.Name),
	}
	for i, step := range r.Case.Steps {
		mark := " "
		if i == r.Step {
			mark = "✗"
		}
		story.Before = append(story.Before, mark+" "+strings.TrimSpace(step.Text))
	}
	return story
}

// program is a student's, which is started once more, within the same bounds.
type program struct{ *grade.Program }

// Targets implements network.
func (p program) Targets() (server, client *conformance.Target, end func()) {
	s := p.target(conformance.RoleServer, "serve", "{listen}")
	c := p.target(conformance.RoleClient, "call", "{kit}")
	return &s.Target, &c.Target, func() { s.Close(); c.Close() }
}

func (p program) target(role conformance.Role, args ...string) *conformance.ProgramTarget {
	how := p.Again(args...)
	t := conformance.Program(role, how.Args...)
	t.Env, t.Dir, t.MaxMemory, t.MaxOutput = how.Env, how.Dir, how.MaxMemory, how.MaxOutput
	return t
}

// Ping implements network.
func (p program) Ping(ctx context.Context, address string) error {
	c, err := child.Start(ctx, p.Again("ping", address))
	if err != nil {
		return err
	}
	<-c.Ended()
	c.Stop()
	out := strings.TrimSpace(c.Output())
	if excess := c.Exceeded(); excess != nil {
		return excess
	}
	if status := c.Status(); status.Code != 0 {
		return errors.Errorf("%s: %s", out[:min(len(out), maxPing)], status.Text)
	}
	if !strings.HasPrefix(out, "pong") {
		return errors.New("it has printed no pong")
	}
	return nil
}
