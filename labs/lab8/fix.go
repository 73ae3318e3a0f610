package lab8

import (
	"simplemessenger/conformance"
	"simplemessenger/labs/grade"
)

// fixed wants the student's server to pass the hidden cases of a bug, with no bug switched on.
func (b *bug) fixed(s *grade.Session) error {
	return withStudents(s, func(target *conformance.Target) error {
		return passAll(s.Context(), target, b.hidden, "With this bug "+b.effect+". The case is "+
			"one of the conformance kit: conform server --run NAME plays it against your server too.")
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
			if err := mustPass(s.Context(), target, c, "your server", "Your own scenario finds a "+
				"bug in your server."); err != nil {
				return err
			}
		}
		return passAll(s.Context(), target, whole, "The fixes broke something else, or a change "+
			"of the server.")
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
