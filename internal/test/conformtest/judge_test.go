package conformtest

import (
	"context"
	"net"
	"testing"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/conformance/report"
)

// patience is that of a step when a case runs once more, alone: what takes longer on a busy machine
// is no failure.
const patience = 30 * time.Second

// tested is a program with a genuine messenger, in a role, and what is known of it.
type tested struct {
	name, program string
	known         []deviation
	role          conformance.Role
}

// judge runs cases against a genuine messenger, all of the role or those of the options. Start
// makes a target, and what ends it.
func judge(t *testing.T, whom tested, o conformance.Options,
	start func() (*conformance.Target, func())) {
	t.Helper()
	target, end := start()
	defer end()
	target.Name = whom.name + " " + whom.program
	o.Role, o.Parallel = whom.role, parallel
	done, err := conformance.Check(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	deviating := 0
	for i, r := range done.Results {
		if why := whom.reason(r); why != "" {
			if r.Verdict == conformance.Fail {
				deviating++
			}
			continue
		}
		if r.Verdict == conformance.Fail || r.Verdict == conformance.Inconclusive {
			r = again(t, start, r)
			done.Results[i] = r
		}
		text := report.Text{W: t.Output(), Verbose: true}
		switch r.Verdict {
		case conformance.Fail:
			t.Errorf("%s: %s", r.Case.Name, r.Verdict)
			text.Result(r)
		case conformance.Inconclusive:
			text.Result(r)
		}
	}
	t.Logf("CONFORM: %-16s %-6s %s (%d known), %d non-strict, %d inconclusive, %.1f s", target.Name,
		whom.role, report.Counts(done), deviating, done.Count(conformance.NonStrict),
		done.Count(conformance.Inconclusive), done.Took.Seconds())
	record(target.Name, done, &whom)
}

// again runs a case once more, alone: a genuine deviation repeats, what a busy machine has brought
// about does not. It runs against a messenger of its own, which no case before it has hurt.
func again(t *testing.T, start func() (*conformance.Target, func()),
	first *conformance.Result) *conformance.Result {
	t.Helper()
	target, end := start()
	defer end()
	done, err := conformance.Check(t.Context(), target, conformance.Options{
		Role: conformance.Role(first.Case.Role), Run: []string{first.Case.Name}, Timeout: patience})
	if err != nil || len(done.Results) != 1 {
		t.Logf("%s: %s, and cannot be run again: %v", first.Case.Name, first.Verdict, err)
		return first
	}
	r := done.Results[0]
	if r.Verdict != first.Verdict {
		t.Logf("%s: %s (%s); %s when run again", first.Case.Name, first.Verdict, first.Reason,
			r.Verdict)
	}
	return r
}

// place is a pool of listening addresses of the kit: a monitor's map has that address, and is made
// once for each.
type place chan string

// places returns a pool of n.
func places(n int) place {
	p := make(place, n)
	for range n {
		p <- "127.0.0.1:0"
	}
	return p
}

// listen takes the next address; it is given back when the listener is closed.
func (p place) listen(ctx context.Context) (net.Listener, error) {
	address := <-p
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil { // somebody else has it by now
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			p <- address
			return nil, err
		}
	}
	return &placed{Listener: l, place: p}, nil
}

type placed struct {
	net.Listener
	place place
}

// Close closes the listener. It is called once.
func (l *placed) Close() error {
	err := l.Listener.Close()
	l.place <- l.Addr().String()
	return err
}
