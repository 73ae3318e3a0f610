package conformtest

import (
	"context"
	"net"
	"strings"
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

// leave is how much of the time that the test binary has is left to others, and to ending clusters.
const leave = time.Minute

// inTime returns a context that ends before the test binary would be ended: a busy machine is no
// failure.
func inTime(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	deadline, limited := t.Deadline()
	if !limited {
		return context.WithCancel(t.Context())
	}
	deadline = deadline.Add(-leave)
	if time.Until(deadline) < leave {
		t.Skip("there is no time left")
	}
	return context.WithDeadline(t.Context(), deadline)
}

// judge runs cases against a genuine messenger, all of the role or those of the options. Start
// makes a target, and what ends it.
func judge(t *testing.T, whom tested, o conformance.Options,
	start func() (*conformance.Target, func())) {
	t.Helper()
	ctx, cancel := inTime(t)
	defer cancel()
	target, end := start()
	defer end()
	target.Name = whom.name + " " + whom.program
	o.Role, o.Parallel = whom.role, parallel
	done, err := probed(ctx, t, target, o)
	if ctx.Err() != nil {
		t.Skip("there is no time left for all cases")
	}
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
			if r = again(ctx, t, target.Name, start, r); ctx.Err() != nil {
				t.Skip("there is no time left to run again what has failed")
			}
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

// probed runs cases once probing has found out what the target can do. A daemon that has begun to
// listen may refuse sessions for a while, and a busy machine needs patience; without knowing the
// target nearly all cases would be about another peer than it expects.
func probed(ctx context.Context, t *testing.T, target *conformance.Target, o conformance.Options) (
	done *conformance.Report, err error) {
	t.Helper()
	// A monitor has both kinds of sessions, and answers pings in each.
	monitor := strings.HasSuffix(target.Name, " mon")
	for range 5 {
		unknown := ""
		first, cancel := context.WithCancel(ctx)
		o.OnStart = func(r *conformance.Report, _ int) {
			words := strings.Join(r.Capabilities, "; ")
			if strings.HasPrefix(words, "unknown") || monitor && (!strings.Contains(words,
				"lossless sessions") || strings.Count(words, "with pings") != 2) {
				unknown = words
				cancel()
			}
		}
		done, err = conformance.Check(first, target, o)
		cancel()
		if unknown == "" && err == nil || ctx.Err() != nil {
			return done, err
		}
		t.Logf("probed again: %s %v", unknown, err)
		o.Timeout = patience
	}
	return done, err
}

// again runs a case once more, alone: a genuine deviation repeats, what a busy machine has brought
// about does not. It runs against a messenger of its own, which no case before it has hurt.
func again(ctx context.Context, t *testing.T, name string,
	start func() (*conformance.Target, func()), first *conformance.Result) *conformance.Result {
	t.Helper()
	target, end := start()
	defer end()
	target.Name = name
	done, err := probed(ctx, t, target, conformance.Options{Timeout: patience,
		Role: conformance.Role(first.Case.Role), Run: []string{first.Case.Name}})
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
