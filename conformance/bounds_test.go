package conformance

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/conformance/script"
	"simplemessenger/wire"
)

// A client that comes again and again and never gets through has not come back: asking ends.
func TestComingBackIsNotAwaitedForEver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var calling sync.WaitGroup
	defer calling.Wait()
	defer cancel()
	target := &Target{Start: func(_ context.Context, kit wire.EntityAddr) (*Instance, error) {
		calling.Go(func() {
			for ctx.Err() == nil {
				conn, err := new(net.Dialer).DialContext(ctx, "tcp", kit.AddrPort().String())
				if err != nil {
					return
				}
				conn.Close()
			}
		})
		return new(Instance), nil
	}}
	r := &runner{target: target, patience: 100 * time.Millisecond}
	p := newPlay(target, identityOf(wire.EntityOSD, 0, false), false, r.patience, r.random(""))
	ended, err := p.start(ctx, RoleClient, "", false)
	if err != nil {
		t.Fatal(err)
	}
	defer ended()
	err = (&fuzzer{runner: r}).well(ctx, p, nil, false)
	if err == nil || !strings.Contains(err.Error(), "32 connections") {
		t.Errorf("who never gets through: %v", err)
	}
}

// A target is asked for what it knows: without KEEPALIVE2 by a ping, if it answers pings.
func TestWitnessAsksWhatTheTargetKnows(t *testing.T) {
	for _, test := range []struct {
		a    ability
		want string
	}{
		{ability{features: wire.FeaturesSupported, echo: true}, "send keepalive2"},
		{ability{features: wire.FeatureMsgAuth, echo: true}, "send msg"},
		{ability{features: wire.FeatureMsgAuth}, ""},
	} {
		var got string
		if steps := asks(&test.a); len(steps) > 0 {
			got = steps[0].String()
		}
		if got != test.want {
			t.Errorf("features %v, echo %v: %q, want %q", test.a.features, test.a.echo, got,
				test.want)
		}
	}
}

// What a run keeps is bounded for all its cases together.
func TestRecordingsShareABound(t *testing.T) {
	var left atomic.Int64
	left.Store(100)
	a, b := recording{left: &left}, recording{left: &left}
	a.add(Chunk{Bytes: make([]byte, 60)})
	b.add(Chunk{Bytes: make([]byte, 60)})
	b.add(Chunk{Bytes: make([]byte, 1)})
	a.add(Chunk{Bytes: make([]byte, 1)})
	if len(a.all()) != 1 || len(b.all()) != 0 {
		t.Errorf("%d and %d chunks are kept of 60 + 60 bytes, 100 are allowed", len(a.all()),
			len(b.all()))
	}
}

// greets is a target that greets, and then does what then says.
func greets(t *testing.T, then func(net.Conn)) *Target {
	t.Helper()
	greeting := wire.EntityAddr{}.Append(wire.EntityAddr{}.Append(wire.AppendBanner(nil)))
	var greeters sync.WaitGroup
	t.Cleanup(greeters.Wait)
	return &Target{Start: func(context.Context, wire.EntityAddr) (*Instance, error) {
		return &Instance{Dial: func(ctx context.Context) (net.Conn, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			kit, server := net.Pipe()
			greeters.Go(func() {
				defer server.Close()
				_, _ = server.Write(greeting)
				then(server)
			})
			return kit, nil
		}}, nil
	}}
}

// plays plays steps against a target. It is called in virtual time.
func plays(ctx context.Context, t *testing.T, target *Target, steps string) *Result {
	t.Helper()
	cases, err := script.Parse(strings.NewReader(
		"case a/slow\nabout x\nrules V1-MSG-1\nrole server\n"+steps), "f")
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{target: target, patience: DefaultTimeout, capabilities: simplest()}
	return r.one(ctx, cases[0])
}

// A case that takes too long says nothing of a rule, nor of whether the target still greets.
func TestTooLongIsInconclusive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := plays(t.Context(), t, greets(t, func(net.Conn) {}), "dial\nwait 10m\n")
		if result.Verdict != Inconclusive || strings.Contains(result.Reason, "any more") {
			t.Errorf("%s: %s", result.Verdict, result.Reason)
		}
	})
}

// Nor does one that is under way when the run is ended.
func TestEndedRunIsInconclusive(t *testing.T) {
	for _, step := range []string{"wait 10s", "expect reply", "expect closed"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			target := greets(t, func(net.Conn) { cancel() })
			result := plays(ctx, t, target, "dial\nexpect greeting\n"+step+"\n")
			if result.Verdict != Inconclusive || result.Reason != runEnded {
				t.Errorf("%s: %s: %s", step, result.Verdict, result.Reason)
			}
		})
	}
}

// A result says whether something else came, or nothing in time, which a slow machine does too.
func TestTimedOut(t *testing.T) {
	for _, test := range []struct {
		stays bool
		step  string
		want  bool
	}{{true, "reply", true}, {false, "reply", false}, {true, "closed", true},
		{false, "silence 1ms", false}} {
		synctest.Test(t, func(t *testing.T) {
			target := greets(t, func(c net.Conn) {
				if test.stays {
					_, _ = io.Copy(io.Discard, c)
				}
			})
			result := plays(t.Context(), t, target,
				"dial\nexpect greeting\nexpect "+test.step+"\n")
			if result.Verdict != Fail || result.TimedOut != test.want {
				t.Errorf("%s: %s: %s: timed out: %v, want %v", test.step, result.Verdict,
					result.Reason, result.TimedOut, test.want)
			}
		})
	}
}

// What may be the machine is played again, and nothing else.
func TestPerhapsSlow(t *testing.T) {
	for _, test := range []struct {
		result Result
		want   bool
	}{
		{Result{Verdict: Pass}, false},
		{Result{Verdict: Fail}, false},
		{Result{Verdict: Fail, TimedOut: true}, true},
		{Result{Verdict: NonStrict, TimedOut: true}, false},
		{Result{Verdict: Unsupported}, true},
		{Result{Verdict: Inconclusive}, true},
	} {
		if got := test.result.PerhapsSlow(); got != test.want {
			t.Errorf("%+v: %v", test.result, got)
		}
	}
}
