package lab8

import (
	"strings"

	"simplemessenger/conformance"
	"simplemessenger/conformance/report"
	"simplemessenger/labs/grade"
)

// fixed wants the student's server to pass the hidden cases of a bug, with no bug switched on.
func (b *bug) fixed(s *grade.Session) error {
	return withStudents(s, func(target *conformance.Target) error {
		return passAll(target, b.hidden, "With this bug "+b.effect+". The case is one of the "+
			"conformance kit: conform server --run NAME plays it against your server too.")
	})
}

// everything wants the student's server to pass all, and each of the student's own scenarios.
func everything(s *grade.Session) error {
	return withStudents(s, func(target *conformance.Target) error {
		for i := range bugs {
			c, err := bugs[i].scenario(s)
			if err != nil {
				return err
			}
			if err := mustPass(target, c, "your server", "Your own scenario finds a bug in your "+
				"server."); err != nil {
				return err
			}
		}
		return passAll(target, whole, "The fixes broke something else, or a change of the server.")
	})
}

// withStudents has the student's server run.
func withStudents(s *grade.Session, do func(*conformance.Target) error) error {
	var address string
	if err := s.Ask("serve", number{0}, &address); err != nil {
		return err
	}
	err := do(conformance.Server(address))
	if err := s.Ask("stop", struct{}{}, nil); err != nil {
		return err
	}
	return err
}

// passAll wants cases of the kit to pass, by name.
func passAll(target *conformance.Target, names []string, why string) error {
	r, err := run(target, conformance.Options{Run: names, Timeout: patience, Parallel: 4,
		Skip: []string{"message/8-mib", "ack/thousands"}}) // which take their time
	if err != nil {
		return err
	}
	for _, result := range r.Results {
		// What genuine messengers do as well is right, and so is not to offer a feature.
		if !right(result) {
			again, err := check(target, result.Case, patience)
			switch {
			case err != nil:
				return err
			case right(again):
				continue // it was the machine, which is slow: a bug shows twice
			}
			result = again
			return &grade.Story{
				Asked:    "the case " + result.Case.Name + ", played against your server",
				Expected: "it passes: " + result.Case.About,
				Got:      string(result.Verdict) + ": " + result.Reason,
				Fields:   tell(result), Why: why}
		}
	}
	if r.Count(conformance.Unsupported) == len(r.Results) {
		return &grade.Story{Asked: "what your server can do",
			Expected: "lossless sessions, answers",
			Got:      strings.Join(r.Capabilities, "; "), Fields: tell(r.Results[0]), Why: why}
	}
	return nil
}

func right(result *conformance.Result) bool {
	return result.Verdict != conformance.Fail && result.Verdict != conformance.Inconclusive
}

// tell says step by step and frame by frame what happened.
func tell(result *conformance.Result) []string {
	var b strings.Builder
	text := report.Text{W: &b, Verbose: true, Strict: true}
	text.Result(result)
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}
