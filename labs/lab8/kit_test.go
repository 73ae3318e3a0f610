package lab8

import (
	"context"
	"encoding/json"
	"net"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/labs/grade"
	"simplemessenger/simplemsgr"
)

// endless is a subject with which a step would take long: a scenario that waits, and a server that
// says nothing.
type endless struct{ listener net.Listener }

func (e *endless) Ask(op string, _ json.RawMessage) (json.RawMessage, error) {
	switch op {
	case "scenario":
		return json.Marshal("case a/b\nabout x\nrules V1-MSG-1\nrole server\nopen\nwait 1h\n")
	case "serve":
		return json.Marshal(e.listener.Addr().String())
	}
	return json.RawMessage("null"), nil
}

func (e *endless) Close() error { return e.listener.Close() }

// A step ends when nobody waits for its verdict any more, and blames nobody.
func TestStepsEndWithTheirContext(t *testing.T) {
	for _, name := range []string{"expose restart", "fix restart"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			lab := Lab
			lab.Steps = nil
			for _, step := range Lab.Steps {
				if step.Name == name {
					lab.Steps = append(lab.Steps, step)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			v := lab.Grade(ctx, &endless{l}, 1)
			if v.Story != nil || v.Trouble != context.DeadlineExceeded.Error() {
				t.Errorf("%+v %q", v.Story, v.Trouble)
			}
		})
	}
}

// A server that cannot do what most cases need has not passed them.
func TestUnsupportedIsNotRight(t *testing.T) {
	address, stop, err := startLibrary(simplemsgr.StatelessServer())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if passAll(t.Context(), conformance.Server(address), whole, "") == nil {
		t.Error("a server without lossless sessions has passed")
	}
}

// What may be the machine is played again, and nothing else.
func TestPerhapsSlow(t *testing.T) {
	for _, test := range []struct {
		result conformance.Result
		want   bool
	}{
		{conformance.Result{Verdict: conformance.Pass}, false},
		{conformance.Result{Verdict: conformance.Fail}, false},
		{conformance.Result{Verdict: conformance.Fail, TimedOut: true}, true},
		{conformance.Result{Verdict: conformance.NonStrict, TimedOut: true}, false},
		{conformance.Result{Verdict: conformance.Unsupported}, true},
		{conformance.Result{Verdict: conformance.Inconclusive}, true},
	} {
		if got := perhapsSlow(&test.result); got != test.want {
			t.Errorf("%+v: %v", test.result, got)
		}
	}
}

var _ grade.Subject = (*endless)(nil)
