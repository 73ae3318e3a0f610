package lab8

import (
	"fmt"
	"strings"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/labs/grade"
)

// number is what a bug is asked for by.
type number struct {
	Bug int `json:"bug"`
}

// expose wants a scenario that passes where all is right, and fails where the bug is switched on,
// with the same patience: that is all that differs.
func (b *bug) expose(s *grade.Session) error {
	c, err := b.scenario(s)
	if err != nil {
		return err
	}
	ctx := s.Context()
	if err := withServer(0, func(target *conformance.Target) error {
		return mustPass(ctx, target, c, "the server without the bug", "The scenario accuses a "+
			"server of which all is right: what it expects is not what the rules say, or not all "+
			"that they allow.")
	}); err != nil {
		return err
	}
	if err := withLibrary(func(target *conformance.Target) error {
		return mustPass(ctx, target, c, "this library's messenger", "The scenario accuses a "+
			"messenger that is right: it expects what only the small server does, or is too strict.")
	}); err != nil {
		return err
	}
	return withServer(b.number, func(target *conformance.Target) error {
		result, err := check(ctx, target, c, patience)
		if err == nil && result.Verdict == conformance.Inconclusive { // a slow machine, perhaps
			result, err = check(ctx, target, c, patience)
		}
		if err != nil || result.Verdict == conformance.Fail {
			return err
		}
		return &grade.Story{Asked: "the scenario, played against the server with this bug",
			Expected: "it fails: " + b.effect, Got: "it is " + string(result.Verdict),
			Fields: tell(result), Why: "The scenario does not come to where the bug is, or does " +
				"not look. What counts is the verdict fail: a step that is marked with ~, cites a " +
				"rule of the level should, or only prepares, does not fail; nor does one that waits."}
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
	case len(cases) == 0:
		story.Got = "no case"
		story.Why = fmt.Sprintf("Scenario %d in scenarios.go is still empty.", b.number)
	case len(cases) > 1:
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
