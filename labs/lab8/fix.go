package lab8

import (
	"fmt"
	"slices"

	"simplemessenger/conformance"
	"simplemessenger/labs/grade"
)

// fixed wants the student's server to pass the hidden cases of a bug, with no bug switched on.
func (b *bug) fixed(s *grade.Session) error {
	if b.ask != nil {
		if err := b.ask(s); err != nil {
			return err
		}
	}
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

// requeueing is the question what becomes of what a session has sent, and of what waits behind it.
// Messages are named by their tid.
type requeueing struct {
	Sent  []uint64 `json:"sent"`
	Queue []uint64 `json:"queue"`
}

// requeued is the answer: what waits then, and what still counts as sent.
type requeued struct {
	Queue []uint64 `json:"queue"`
	Sent  []uint64 `json:"sent"`
}

// asksOrder asks what is put back where. On a socket it is chance whether something waits behind
// what was sent when that breaks.
func asksOrder(s *grade.Session) error {
	for range 3 {
		all := make([]uint64, 4+s.Random.IntN(4))
		for i := range all {
			all[i] = 10*uint64(i) + 1 + s.Random.Uint64N(10)
		}
		sent := 2 + s.Random.IntN(len(all)-3)
		q := requeueing{Sent: all[:sent], Queue: all[sent:]}
		var got requeued
		if err := s.Ask("requeue", q, &got); err != nil {
			return err
		}
		if !slices.Equal(got.Queue, all) || len(got.Sent) > 0 {
			return &grade.Story{
				Asked: fmt.Sprintf("a socket breaks: the messages with tid %v were sent and not "+
					"acked, %v wait to be sent", q.Sent, q.Queue),
				Expected: fmt.Sprintf("%v wait, and none counts as sent", all),
				Got:      fmt.Sprintf("%v wait, and %v count as sent", got.Queue, got.Sent),
				Why: "All that is lost with the socket is sent again before what was never sent, " +
					"and both in their order: the peer drops a number below one that it has seen."}
		}
	}
	return nil
}
