package conformance_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"simplemessenger/conformance"
	"simplemessenger/conformance/script"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// messenger returns a server of ours in a network in memory, which answers what it gets.
func messenger(t *testing.T, policy simplemsgr.Policy, seen func(tid uint64)) *conformance.Target {
	t.Helper()
	network := memnet.New(memnet.Config{})
	host := network.Host("10.0.0.1")
	config := simplemsgr.Config{DefaultPolicy: &policy, Dial: host.Dial}
	config.Accepter.Listen = host.Listen
	m := simplemsgr.New(wire.OSD(0), config)
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
		if seen != nil {
			seen(m.TID)
		}
		_ = m.Connection().Send(&simplemsgr.Message{Type: m.Type, TID: m.TID})
		return true
	}))
	if err := m.Bind(t.Context(), "10.0.0.1:6800"); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown(context.Background()); network.Close() })
	kit := network.Host("10.0.0.2")
	return &conformance.Target{Name: "ours in memory",
		Start: func(context.Context, wire.EntityAddr) (*conformance.Instance, error) {
			return &conformance.Instance{Dial: func(ctx context.Context) (net.Conn, error) {
				return kit.Dial(ctx, "tcp", "10.0.0.1:6800")
			}}, nil
		}}
}

func parse(t *testing.T, text string) []*script.Case {
	t.Helper()
	cases, err := script.Parse(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

const twoCases = `
case good/ping
about A ping is answered.
rules V1-MSG-1
role server
needs echo
open
send msg tid=7
expect msg type=2 tid=7

case bad/tid
about It is expected what nobody says.
rules V1-MSG-6
role server
needs echo
open
send msg tid=7
expect msg tid=8

case weak/tid
about What comes is second best.
rules V1-MSG-6
role server
needs echo
open
send msg tid=7
expect msg tid=8|~7

case may/tid
about A rule of the level may is broken.
rules V1-ACK-5
role server
needs echo
open
send msg tid=7
expect msg tid=8

case lacks/feature
about It needs what nobody has.
rules V1-MSG-1
role server
needs feature:QUINCY
open

case lost/setup
about It does not get to what it tests.
rules V1-MSG-1
role server
open protocol_version=77
send msg
`

func TestVerdicts(t *testing.T) {
	target := messenger(t, simplemsgr.StatelessServer(), nil)
	report, err := conformance.Check(t.Context(), target,
		conformance.Options{Cases: parse(t, twoCases)})
	if err != nil {
		t.Fatal(err)
	}
	want := []conformance.Verdict{conformance.Pass, conformance.Fail, conformance.NonStrict,
		conformance.NonStrict, conformance.Unsupported, conformance.Inconclusive}
	for i, r := range report.Results {
		if r.Verdict != want[i] {
			t.Errorf("%s: %s (%s), want %s", r.Case.Name, r.Verdict, r.Reason, want[i])
		}
		if (r.Reason == "") != (want[i] == conformance.Pass) {
			t.Errorf("%s: reason %q", r.Case.Name, r.Reason)
		}
	}
	if report.Passed() != 3 || report.Failed() != 1 {
		t.Errorf("%d passed, %d failed", report.Passed(), report.Failed())
	}
	bad := report.Results[1]
	if bad.Step != 2 || bad.Rule != "V1-MSG-6" ||
		!strings.Contains(bad.Reason, "tid=8, got tid=7") {
		t.Errorf("step %d, rule %s, %s", bad.Step, bad.Rule, bad.Reason)
	}
	if len(bad.Chunks) == 0 {
		t.Error("nothing of the conversation is kept")
	}
	report.Strict = true
	if report.Passed() != 1 || report.Failed() != 3 {
		t.Errorf("strict: %d passed, %d failed", report.Passed(), report.Failed())
	}
}

// What the target is known to have and probing does not find is broken.
func TestRequired(t *testing.T) {
	report, err := conformance.Check(t.Context(), messenger(t, simplemsgr.StatelessServer(), nil),
		conformance.Options{Cases: parse(t, twoCases), Run: []string{"good", "lacks"},
			Require: []string{"echo", "feature:QUINCY"}})
	if err != nil {
		t.Fatal(err)
	}
	good, lacks := report.Results[0], report.Results[1]
	if good.Verdict != conformance.Pass {
		t.Errorf("%s: %s", good.Verdict, good.Reason)
	}
	if lacks.Verdict != conformance.Fail || lacks.Rule != "V1-MSG-1" || lacks.Reason !=
		"feature:QUINCY is required, and probing says: it does not offer QUINCY" {
		t.Errorf("%s, rule %s: %s", lacks.Verdict, lacks.Rule, lacks.Reason)
	}
}

func TestRunAsSubtests(t *testing.T) {
	conformance.Run(t, messenger(t, simplemsgr.StatelessServer(), nil), conformance.Options{
		Cases: parse(t, twoCases), Run: []string{"good/*", "weak"}})
}

func TestSelect(t *testing.T) {
	cases := parse(t, twoCases)
	for _, test := range []struct {
		options conformance.Options
		want    []string
	}{
		{conformance.Options{Run: []string{"good"}}, []string{"good/ping"}},
		{conformance.Options{Run: []string{"*/tid"}, Skip: []string{"bad/tid"}},
			[]string{"weak/tid", "may/tid"}},
		{conformance.Options{Rules: []string{"V1-ACK-5"}}, []string{"may/tid"}},
		{conformance.Options{Role: conformance.RolePeer}, nil},
	} {
		test.options.Cases = cases
		var got []string
		for _, c := range test.options.Select() {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v selects %q, want %q", test.options, got, test.want)
		}
	}
}

// strange is a server that does what it likes with each connection.
func strange(t *testing.T, serve func(net.Conn)) *conformance.Target {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return conformance.Server(l.Addr().String())
}

// Whatever a target does, there is a verdict for each case, and an end.
func TestStrangeTargets(t *testing.T) {
	greeting := wire.EntityAddr{}.Append(wire.EntityAddr{}.Append(wire.AppendBanner(nil)))
	for name, serve := range map[string]func(net.Conn){
		"silent":  func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"closing": func(net.Conn) {},
		"flooding": func(c net.Conn) {
			for junk := bytes.Repeat([]byte("junk"), 1<<14); ; {
				if _, err := c.Write(junk); err != nil {
					return
				}
			}
		},
		"greeting, then silent": func(c net.Conn) {
			_, _ = c.Write(greeting)
			_, _ = io.Copy(io.Discard, c)
		},
		"claiming": func(c net.Conn) {
			reply := wire.ConnectReply{Tag: wire.TagReady, AuthorizerLen: 1<<32 - 1}
			_, _ = c.Write(reply.Append(slices.Clone(greeting)))
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := conformance.Check(t.Context(), strange(t, serve), conformance.Options{
				Cases: parse(t, twoCases), Timeout: 50 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				if r.Verdict == conformance.Pass {
					t.Errorf("%s passes", r.Case.Name)
				}
			}
			if len(report.Results) != 6 {
				t.Errorf("%d results", len(report.Results))
			}
		})
	}
}

// A server that ends by a case fails it, although what the case expects has come.
func TestTargetThatDies(t *testing.T) {
	var dead atomic.Bool
	inner := messenger(t, simplemsgr.StatelessServer(), func(tid uint64) {
		if tid == 666 {
			dead.Store(true)
		}
	})
	target := &conformance.Target{Name: "mortal",
		Start: func(ctx context.Context, kit wire.EntityAddr) (*conformance.Instance, error) {
			alive, err := inner.Start(ctx, kit)
			return &conformance.Instance{Dial: func(ctx context.Context) (net.Conn, error) {
				if dead.Load() {
					return nil, net.ErrClosed
				}
				return alive.Dial(ctx)
			}}, err
		}}
	cases := parse(t, strings.ReplaceAll(twoCases, "tid=7", "tid=666"))
	report, err := conformance.Check(t.Context(), target, conformance.Options{Parallel: 1,
		Cases: cases, Run: []string{"good", "may"}})
	if err != nil {
		t.Fatal(err)
	}
	if v := report.Results[0]; v.Verdict != conformance.Fail ||
		!strings.Contains(v.Reason, "cannot be reached any more") {
		t.Errorf("%s: %s (%s)", v.Case.Name, v.Verdict, v.Reason)
	}
	if v := report.Results[1]; v.Verdict == conformance.Pass {
		t.Errorf("%s: %s", v.Case.Name, v.Verdict)
	}
	if _, err := conformance.Check(t.Context(), target, conformance.Options{}); err == nil {
		t.Error("a target that cannot be reached gets a report")
	}
}

// The cases that come with the kit can be read, and name rules that there are.
func TestCases(t *testing.T) {
	tested := make(map[string]bool)
	for _, c := range conformance.Cases() {
		ids := slices.Clone(c.Rules)
		for _, s := range c.Steps {
			if s.Rule != "" {
				ids = append(ids, s.Rule)
			}
		}
		for _, id := range ids {
			tested[id] = true
			if _, found := conformance.RuleByID(id); !found {
				t.Errorf("%s:%d: %s names the rule %s, which is none", c.File, c.Line, c.Name, id)
			}
		}
	}
	t.Logf("%d cases of %d rules", len(conformance.Cases()), len(tested))
}
