package lab8

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strings"
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

// only is the lab with one of its steps.
func only(name string) grade.Lab {
	lab := Lab
	lab.Steps = slices.DeleteFunc(slices.Clone(Lab.Steps),
		func(step grade.Step) bool { return step.Name != name })
	return lab
}

// A step ends when nobody waits for its verdict any more, and blames nobody.
func TestStepsEndWithTheirContext(t *testing.T) {
	for _, name := range []string{"expose restart", "fix restart"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			lab := only(name)
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

// Who has not begun is told where.
func TestNoScenario(t *testing.T) {
	r := newReference(t)
	clear(r.scenarios)
	lab := only("expose restart")
	v := lab.Grade(t.Context(), r, 1)
	if v.Story == nil || !strings.Contains(v.Story.Why, "scenarios.go") {
		t.Errorf("%+v", v)
	}
}

// behind is the library's messenger, but for what it says of its requeue.
type behind struct {
	*reference
	requeue func(sent, queue []uint64) requeued
}

func (b *behind) Ask(op string, args json.RawMessage) (json.RawMessage, error) {
	if op != "requeue" {
		return b.reference.Ask(op, args)
	}
	var q requeueing
	if err := json.Unmarshal(args, &q); err != nil {
		return nil, err
	}
	return json.Marshal(b.requeue(q.Sent, q.Queue))
}

// Whether a socket breaks while something waits behind what was sent is chance. So the order is
// asked for by itself.
func TestOrderIsAsked(t *testing.T) {
	for name, requeue := range map[string]func(sent, queue []uint64) requeued{
		"behind": func(sent, queue []uint64) requeued {
			return requeued{Queue: slices.Concat(queue, sent)}
		},
		"backwards": func(sent, queue []uint64) requeued {
			slices.Reverse(sent)
			return requeued{Queue: slices.Concat(sent, queue)}
		},
		"sent, too": func(sent, queue []uint64) requeued {
			return requeued{Queue: slices.Concat(sent, queue), Sent: sent}
		},
		"lost": func(_, queue []uint64) requeued { return requeued{Queue: queue} },
	} {
		lab := only("fix order")
		v := lab.Grade(t.Context(), &behind{newReference(t), requeue}, 1)
		if v.Points != 0 || v.Story == nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
