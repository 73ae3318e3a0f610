package pipe_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/pipe"
)

var policies = map[string]pipe.Policy{
	"stateful server": pipe.StatefulServer(), "stateless server": pipe.StatelessServer(),
	"lossless peer": pipe.LosslessPeer(), "lossless peer reuse": pipe.LosslessPeerReuse(),
	"lossy client": pipe.LossyClient(), "lossless client": pipe.LosslessClient(),
}

// The policies are the table of the documentation.
func TestPolicies(t *testing.T) {
	type row struct{ Lossy, Server, Standby, ResetCheck bool }
	want := map[string]row{
		"stateful server":     {Server: true, Standby: true, ResetCheck: true},
		"stateless server":    {Lossy: true, Server: true},
		"lossless peer":       {Standby: true},
		"lossless peer reuse": {Standby: true, ResetCheck: true},
		"lossy client":        {Lossy: true},
		"lossless client":     {ResetCheck: true},
	}
	got := map[string]row{}
	for name, p := range policies {
		got[name] = row{p.Lossy, p.Server, p.Standby, p.ResetCheck}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What can become of a pipe without its socket.
var (
	over       = pipe.Aftermath{Next: pipe.Closed}
	standby    = pipe.Aftermath{Next: pipe.Standby}
	again      = pipe.Aftermath{Next: pipe.Connecting, Backoff: true}
	next       = pipe.Aftermath{Next: pipe.Connecting, BumpConnectSeq: true}
	reconnects = pipe.Aftermath{Next: pipe.Connecting}
)

// TestAfterFault: all policies, all states in which a pipe has a socket or waits for one, with and without something
// queued.
func TestAfterFault(t *testing.T) {
	type key struct {
		state  pipe.State
		queued bool
	}
	states := []pipe.State{pipe.Connecting, pipe.Open, pipe.Wait, pipe.Closing}
	closing := map[key]pipe.Aftermath{{pipe.Closing, false}: over, {pipe.Closing, true}: over}
	// with returns the table of a policy, to which the row of CLOSING, the same for all, is added.
	with := func(m map[key]pipe.Aftermath) map[key]pipe.Aftermath {
		for k, v := range closing {
			m[k] = v
		}
		return m
	}
	table := map[string]map[key]pipe.Aftermath{
		// Lossy: an open session ends. One that is not open yet has lost nothing.
		"lossy client": with(map[key]pipe.Aftermath{
			{pipe.Open, false}: over, {pipe.Open, true}: over,
			{pipe.Connecting, false}: again, {pipe.Connecting, true}: again,
			{pipe.Wait, false}: again, {pipe.Wait, true}: again,
		}),
		"stateless server": with(map[key]pipe.Aftermath{
			{pipe.Open, false}: over, {pipe.Open, true}: over,
			{pipe.Connecting, false}: again, {pipe.Connecting, true}: again,
			{pipe.Wait, false}: again, {pipe.Wait, true}: again,
		}),
		// No standby: the client keeps its connection up.
		"lossless client": with(map[key]pipe.Aftermath{
			{pipe.Open, false}: next, {pipe.Open, true}: next,
			{pipe.Connecting, false}: again, {pipe.Connecting, true}: again,
			{pipe.Wait, false}: again, {pipe.Wait, true}: again,
		}),
		// Standby: whoever has something to send comes back.
		"lossless peer": with(map[key]pipe.Aftermath{
			{pipe.Open, false}: standby, {pipe.Open, true}: next,
			{pipe.Connecting, false}: standby, {pipe.Connecting, true}: again,
			{pipe.Wait, false}: standby, {pipe.Wait, true}: again,
		}),
		"lossless peer reuse": with(map[key]pipe.Aftermath{
			{pipe.Open, false}: standby, {pipe.Open, true}: next,
			{pipe.Connecting, false}: standby, {pipe.Connecting, true}: again,
			{pipe.Wait, false}: standby, {pipe.Wait, true}: again,
		}),
		// A server waits for the client, whatever it has. It connects only by mistake.
		"stateful server": with(map[key]pipe.Aftermath{
			{pipe.Open, false}: standby, {pipe.Open, true}: standby,
			{pipe.Connecting, false}: standby, {pipe.Connecting, true}: again,
			{pipe.Wait, false}: standby, {pipe.Wait, true}: again,
		}),
	}
	got := map[string]map[key]pipe.Aftermath{}
	for name, policy := range policies {
		got[name] = map[key]pipe.Aftermath{}
		for _, state := range states {
			for _, queued := range []bool{false, true} {
				got[name][key{state, queued}] = pipe.AfterFault(state, policy, queued)
			}
		}
	}
	if diff := cmp.Diff(table, got); diff != "" {
		t.Error(diff)
	}
}

func TestAfterFailedAccept(t *testing.T) {
	// By policy: nothing queued on a new session, nothing queued on one taken over, something queued on either.
	table := map[string][4]pipe.Aftermath{
		"lossy client":        {over, over, over, over},
		"stateless server":    {over, over, over, over},
		"lossless client":     {over, standby, reconnects, reconnects},
		"lossless peer":       {over, standby, reconnects, reconnects},
		"lossless peer reuse": {over, standby, reconnects, reconnects},
		"stateful server":     {over, standby, standby, standby},
	}
	got := map[string][4]pipe.Aftermath{}
	for name, policy := range policies {
		got[name] = [4]pipe.Aftermath{
			pipe.AfterFailedAccept(policy, false, false), pipe.AfterFailedAccept(policy, false, true),
			pipe.AfterFailedAccept(policy, true, false), pipe.AfterFailedAccept(policy, true, true),
		}
	}
	if diff := cmp.Diff(table, got); diff != "" {
		t.Error(diff)
	}
}

// Any combination of flags, also those that no policy of Ceph has.
func TestFaultRulesKeepTheirPromises(t *testing.T) {
	for bits := range 16 {
		policy := pipe.Policy{Lossy: bits&1 != 0, Server: bits&2 != 0, Standby: bits&4 != 0, ResetCheck: bits&8 != 0}
		for _, queued := range []bool{false, true} {
			for _, state := range []pipe.State{pipe.Connecting, pipe.Open, pipe.Wait, pipe.Closing} {
				keeps(t, fmt.Sprintf("%v, %+v, queued %v", state, policy, queued), state, policy, queued, pipe.AfterFault(state, policy, queued))
			}
			for _, replaced := range []bool{false, true} {
				a := pipe.AfterFailedAccept(policy, queued, replaced)
				if a.BumpConnectSeq || a.Backoff {
					t.Errorf("a failed accept is no failed attempt of ours, and counts no connection: %+v", a)
				}
				if queued && !policy.Lossy && a.Next == pipe.Closed {
					t.Errorf("%+v: a lossless session ends with messages in it", policy)
				}
			}
		}
	}
}

func keeps(t *testing.T, where string, state pipe.State, policy pipe.Policy, queued bool, a pipe.Aftermath) {
	t.Helper()
	for promise, kept := range map[string]bool{
		"the next state is CLOSED, STANDBY or CONNECTING":          a.Next == pipe.Closed || a.Next == pipe.Standby || a.Next == pipe.Connecting,
		"a lossless session ends by CLOSE alone":                   policy.Lossy || state == pipe.Closing || a.Next != pipe.Closed,
		"CLOSING ends":                                             state != pipe.Closing || a.Next == pipe.Closed,
		"STANDBY is for policies that have it":                     a.Next != pipe.Standby || policy.Standby || policy.Server,
		"a session that was not open counts no connection":         !a.BumpConnectSeq || state == pipe.Open,
		"connect_seq is counted for a connection that will be":     !a.BumpConnectSeq || a.Next == pipe.Connecting,
		"only failed attempts are followed by a pause":             a.Backoff == (a.Next == pipe.Connecting && state != pipe.Open),
		"a server does not call after an open session has faulted": !policy.Server || state != pipe.Open || a.Next != pipe.Connecting,
	} {
		if !kept {
			t.Errorf("%s: %s: %+v", where, promise, a)
		}
	}
}
