package lab8

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/labs/grade"
	"simplemessenger/labs/lab8/server"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// How long a step of a case waits where it is to pass, and where it is to fail; and a whole check.
const (
	patience      = conformance.DefaultTimeout
	shortPatience = 700 * time.Millisecond
	checkTime     = 18 * time.Second
)

// number is what a bug is asked for by.
type number struct {
	Bug int `json:"bug"`
}

// expose wants a scenario that passes where all is right, and fails where the bug is switched on.
func (b *bug) expose(s *grade.Session) error {
	c, err := b.scenario(s)
	if err != nil {
		return err
	}
	if err := withServer(0, func(target *conformance.Target) error {
		return mustPass(target, c, "the server without the bug", "The scenario accuses a server "+
			"of which all is right: what it expects is not what the rules say, or not all that "+
			"they allow.")
	}); err != nil {
		return err
	}
	if err := withLibrary(func(target *conformance.Target) error {
		return mustPass(target, c, "this library's messenger", "The scenario accuses a messenger "+
			"that is right: it expects what only the small server does, or is too strict.")
	}); err != nil {
		return err
	}
	return withServer(b.number, func(target *conformance.Target) error {
		result, err := check(target, c, shortPatience)
		if err == nil && result.Verdict == conformance.Inconclusive { // a slow machine, perhaps
			result, err = check(target, c, patience)
		}
		if err != nil || result.Verdict == conformance.Fail {
			return err
		}
		return &grade.Story{Asked: "the scenario, played against the server with this bug",
			Expected: "it fails: " + b.effect, Got: "it is " + string(result.Verdict),
			Fields: tell(result), Why: "The scenario does not come to where the bug is, or does " +
				"not look. What counts is the verdict fail: a step that is marked with ~, cites a " +
				"rule of the level should, or only prepares, does not fail."}
	})
}

// scenario asks for the scenario of a bug and reads it.
func (b *bug) scenario(s *grade.Session) (*script.Case, error) {
	var text string
	if err := s.Ask("scenario", number{b.number}, &text); err != nil {
		return nil, err
	}
	story := grade.Story{Asked: fmt.Sprintf("scenario %d: %s", b.number, b.name),
		Expected: "one case in the language of docs/conformance.md, of the role server"}
	cases, err := script.Parse(strings.NewReader(text), "scenario")
	switch {
	case err != nil:
		story.Got = err.Error()
	case len(cases) != 1:
		story.Got = fmt.Sprintf("%d cases", len(cases))
	case cases[0].Role != string(conformance.RoleServer):
		story.Got = "one of the role " + cases[0].Role
	default:
		if _, found := conformance.RuleByID(cases[0].Rules[0]); found {
			return cases[0], nil
		}
		story.Got = "one whose rule is " + cases[0].Rules[0]
		story.Why = "docs/rules.md has the rules."
	}
	return nil, &story
}

func mustPass(target *conformance.Target, c *script.Case, against, why string) error {
	var result *conformance.Result
	for range 2 { // what goes wrong by a slow machine goes right the next time
		var err error
		if result, err = check(target, c, patience); err != nil ||
			result.Verdict == conformance.Pass || result.Verdict == conformance.NonStrict {
			return err
		}
	}
	got := string(result.Verdict)
	if result.Reason != "" {
		got += ": " + result.Reason
	}
	return &grade.Story{Asked: "the case " + c.Name + ", played against " + against,
		Expected: "it passes", Got: got, Fields: tell(result), Why: why}
}

// check plays a case.
func check(target *conformance.Target, c *script.Case, patience time.Duration) (*conformance.Result,
	error) {
	report, err := run(target, conformance.Options{Cases: []*script.Case{c}, Timeout: patience})
	if err != nil {
		return nil, err
	}
	return report.Results[0], nil
}

// run plays cases. An error is the grader's.
func run(target *conformance.Target, options conformance.Options) (*conformance.Report, error) {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	report, err := conformance.Check(ctx, target, options)
	if report != nil && len(report.Results) > 0 {
		return report, nil // what did not end in time is inconclusive, and says so
	}
	if err == nil {
		err = errors.New("no case was played")
	}
	return nil, &grade.Story{Asked: "play a case against the server",
		Expected: "a server that answers", Got: err.Error()}
}

// withServer runs the small server, with a bug switched on.
func withServer(bug int, do func(*conformance.Target) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := server.Serve(l, bug)
	defer s.Close()
	return do(conformance.Server(l.Addr().String()))
}

// withLibrary runs this library's messenger.
func withLibrary(do func(*conformance.Target) error) error {
	address, stop, err := startLibrary()
	if err != nil {
		return err
	}
	defer stop()
	return do(conformance.Server(address))
}

// startLibrary starts this library's messenger as a server that sends everything back.
func startLibrary() (address string, stop func(), err error) {
	policy := simplemsgr.StatefulServer()
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{DefaultPolicy: &policy})
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		// A peer that has gone takes nothing.
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID, Version: m.Version,
			CompatVersion: m.CompatVersion, Priority: m.Priority, DataOff: m.DataOff,
			Front: m.Front, Middle: m.Middle, Data: m.Data})
		return true
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	stop = func() { _ = m.Shutdown(context.Background()) }
	if err := m.BindListener(l); err != nil {
		l.Close()
		return "", nil, err
	}
	if err := m.Start(); err != nil {
		stop()
		return "", nil, err
	}
	return l.Addr().String(), stop, nil
}
