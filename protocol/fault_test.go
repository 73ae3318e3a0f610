package protocol_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
)

var policies = map[string]protocol.Policy{
	"stateful server": protocol.StatefulServer(), "stateless server": protocol.StatelessServer(),
	"lossless peer": protocol.LosslessPeer(), "lossless peer reuse": protocol.LosslessPeerReuse(),
	"lossy client": protocol.LossyClient(), "lossless client": protocol.LosslessClient(),
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
	over       = protocol.Aftermath{Next: protocol.Closed}
	standby    = protocol.Aftermath{Next: protocol.Standby}
	again      = protocol.Aftermath{Next: protocol.Connecting, Backoff: true}
	next       = protocol.Aftermath{Next: protocol.Connecting, BumpConnectSeq: true}
	reconnects = protocol.Aftermath{Next: protocol.Connecting}
)

// TestAfterFault: all policies, all states in which a pipe has a socket or waits for one, with and
// without something queued.
func TestAfterFault(t *testing.T) {
	type key struct {
		state  protocol.State
		queued bool
	}
	states := []protocol.State{protocol.Connecting, protocol.Open, protocol.Wait, protocol.Closing}
	closing := map[key]protocol.Aftermath{{protocol.Closing, false}: over,
		{protocol.Closing, true}: over}
	// with returns the table of a policy, to which the row of CLOSING, the same for all, is added.
	with := func(m map[key]protocol.Aftermath) map[key]protocol.Aftermath {
		for k, v := range closing {
			m[k] = v
		}
		return m
	}
	table := map[string]map[key]protocol.Aftermath{
		// Lossy: an open session ends. One that is not open yet has lost nothing.
		"lossy client": with(map[key]protocol.Aftermath{
			{protocol.Open, false}: over, {protocol.Open, true}: over,
			{protocol.Connecting, false}: again, {protocol.Connecting, true}: again,
			{protocol.Wait, false}: again, {protocol.Wait, true}: again,
		}),
		"stateless server": with(map[key]protocol.Aftermath{
			{protocol.Open, false}: over, {protocol.Open, true}: over,
			{protocol.Connecting, false}: again, {protocol.Connecting, true}: again,
			{protocol.Wait, false}: again, {protocol.Wait, true}: again,
		}),
		// No standby: the client keeps its connection up.
		"lossless client": with(map[key]protocol.Aftermath{
			{protocol.Open, false}: next, {protocol.Open, true}: next,
			{protocol.Connecting, false}: again, {protocol.Connecting, true}: again,
			{protocol.Wait, false}: again, {protocol.Wait, true}: again,
		}),
		// Standby: whoever has something to send comes back.
		"lossless peer": with(map[key]protocol.Aftermath{
			{protocol.Open, false}: standby, {protocol.Open, true}: next,
			{protocol.Connecting, false}: standby, {protocol.Connecting, true}: again,
			{protocol.Wait, false}: standby, {protocol.Wait, true}: again,
		}),
		"lossless peer reuse": with(map[key]protocol.Aftermath{
			{protocol.Open, false}: standby, {protocol.Open, true}: next,
			{protocol.Connecting, false}: standby, {protocol.Connecting, true}: again,
			{protocol.Wait, false}: standby, {protocol.Wait, true}: again,
		}),
		// A server waits for the client, whatever it has. It connects only by mistake.
		"stateful server": with(map[key]protocol.Aftermath{
			{protocol.Open, false}: standby, {protocol.Open, true}: standby,
			{protocol.Connecting, false}: standby, {protocol.Connecting, true}: again,
			{protocol.Wait, false}: standby, {protocol.Wait, true}: again,
		}),
	}
	got := map[string]map[key]protocol.Aftermath{}
	for name, policy := range policies {
		got[name] = map[key]protocol.Aftermath{}
		for _, state := range states {
			for _, queued := range []bool{false, true} {
				got[name][key{state, queued}] = protocol.AfterFault(state, policy, queued)
			}
		}
	}
	if diff := cmp.Diff(table, got); diff != "" {
		t.Error(diff)
	}
}

func TestAfterFailedAccept(t *testing.T) {
	// By policy: nothing queued on a new session, nothing queued on one taken over, something
	// queued on either.
	table := map[string][4]protocol.Aftermath{
		"lossy client":        {over, over, over, over},
		"stateless server":    {over, over, over, over},
		"lossless client":     {over, standby, reconnects, reconnects},
		"lossless peer":       {over, standby, reconnects, reconnects},
		"lossless peer reuse": {over, standby, reconnects, reconnects},
		"stateful server":     {over, standby, standby, standby},
	}
	got := map[string][4]protocol.Aftermath{}
	for name, policy := range policies {
		got[name] = [4]protocol.Aftermath{
			protocol.AfterFailedAccept(policy, false, false),
			protocol.AfterFailedAccept(policy, false, true),
			protocol.AfterFailedAccept(policy, true, false),
			protocol.AfterFailedAccept(policy, true, true),
		}
	}
	if diff := cmp.Diff(table, got); diff != "" {
		t.Error(diff)
	}
}

// Any combination of flags, also those that no policy of Ceph has.
func TestFaultRulesKeepTheirPromises(t *testing.T) {
	for bits := range 16 {
		policy := protocol.Policy{Lossy: bits&1 != 0, Server: bits&2 != 0, Standby: bits&4 != 0,
			ResetCheck: bits&8 != 0}
		for _, queued := range []bool{false, true} {
			for _, state := range []protocol.State{protocol.Connecting, protocol.Open,
				protocol.Wait, protocol.Closing} {
				keeps(t, fmt.Sprintf("%v, %+v, queued %v", state, policy, queued), state, policy,
					queued, protocol.AfterFault(state, policy, queued))
			}
			for _, replaced := range []bool{false, true} {
				a := protocol.AfterFailedAccept(policy, queued, replaced)
				if a.BumpConnectSeq || a.Backoff {
					t.Errorf("a failed accept is no failed attempt of ours, and counts no "+
						"connection: %+v", a)
				}
				if queued && !policy.Lossy && a.Next == protocol.Closed {
					t.Errorf("%+v: a lossless session ends with messages in it", policy)
				}
			}
		}
	}
}

func keeps(t *testing.T, where string, state protocol.State, policy protocol.Policy, queued bool,
	a protocol.Aftermath) {
	t.Helper()
	for promise, kept := range map[string]bool{
		"the next state is CLOSED, STANDBY or CONNECTING": a.Next == protocol.Closed ||
			a.Next == protocol.Standby || a.Next == protocol.Connecting,
		"a lossless session ends by CLOSE alone": policy.Lossy ||
			state == protocol.Closing || a.Next != protocol.Closed,
		"CLOSING ends": state != protocol.Closing ||
			a.Next == protocol.Closed,
		"STANDBY is for policies that have it": a.Next != protocol.Standby ||
			policy.Standby || policy.Server,
		"a session that was not open counts no connection": !a.BumpConnectSeq ||
			state == protocol.Open,
		"connect_seq is counted for a connection that will be": !a.BumpConnectSeq ||
			a.Next == protocol.Connecting,
		"only failed attempts are followed by a " +
			"pause": a.Backoff == (a.Next == protocol.Connecting &&
			state != protocol.Open),
		"a server does not call after an open session has faulted": !policy.Server ||
			state != protocol.Open || a.Next != protocol.Connecting,
	} {
		if !kept {
			t.Errorf("%s: %s: %+v", where, promise, a)
		}
	}
}
