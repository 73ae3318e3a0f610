package protocol_test

import (
	"testing"
	"time"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// A connection of ours that insists keeps the peer out: each condition is tried alone.
func TestInsists(t *testing.T) {
	asked := protocol.Call{State: protocol.Connecting, Asked: true, Since: time.Second}
	with := func(change func(*protocol.Call)) protocol.Call {
		c := asked
		change(&c)
		return c
	}
	for _, test := range []struct {
		what string
		call protocol.Call
		want bool
	}{
		{"asked a second ago", asked, true},
		{"not asked yet", with(func(c *protocol.Call) { c.Asked = false }), false},
		{"asked too long ago", with(func(c *protocol.Call) { c.Since = 2 * time.Second }), false},
		{"asked, and an attempt has failed since the promise", with(func(c *protocol.Call) {
			c.Broken = true
		}), false},
		{"answered, however late", with(func(c *protocol.Call) {
			c.Answered, c.Broken, c.Since = true, true, time.Hour
		}), true},
		{"open", with(func(c *protocol.Call) { c.State = protocol.Open }), false},
		{"told to wait", with(func(c *protocol.Call) {
			c.State, c.Answered = protocol.Wait, true
		}), false},
	} {
		if got := protocol.Insists(test.call, 2*time.Second); got != test.want {
			t.Errorf("%s: %v", test.what, got)
		}
	}
}

func TestWhoMayDial(t *testing.T) {
	for c, want := range map[protocol.Claimant]bool{
		{}:                           true, // nobody else, nothing proved: as the original
		{Contested: true}:            false,
		{Proven: true}:               false,
		{Proven: true, Backed: true}: true,
		{Contested: true, Backed: true, Proven: true}: false,
		{Asked: true, Contested: true, Proven: true}:  true,
	} {
		if got := protocol.MayDial(c); got != want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestWhoAnswers(t *testing.T) {
	parse := func(text string) wire.EntityAddr {
		a, err := wire.ParseEntityAddr(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	called := parse("10.0.0.1:6800/7")
	for _, test := range []struct {
		announced string
		anyNonce  bool
		want      bool
	}{
		{"10.0.0.1:6800/7", false, true},
		{"10.0.0.1:6800/8", false, false},
		{"10.0.0.1:6800/8", true, true},
		{"10.0.0.1:6801/7", true, false},
		{"10.0.0.2:6800/7", true, false},
	} {
		if got := protocol.Answers(called, parse(test.announced), test.anyNonce); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if !protocol.Backed(parse("10.0.0.1:50000/0"), called) ||
		protocol.Backed(parse("10.0.0.2:50000/0"), called) ||
		!protocol.Backed(wire.EntityAddr{}, called) {
		t.Error("a socket is taken for one from another host")
	}
	if protocol.ListensNowhere(called) || !protocol.ListensNowhere(parse("10.0.0.1:0/7")) {
		t.Error("who has a port listens, who has none does not")
	}
}

func TestWaits(t *testing.T) {
	if got := protocol.Patience(15 * time.Second); got != 30*time.Second {
		t.Errorf("patience of %v", got)
	}
	if protocol.Steady(14*time.Second, 15*time.Second) ||
		!protocol.Steady(15*time.Second, 15*time.Second) {
		t.Error("steady at another time")
	}
	peer, server := protocol.LosslessPeer(), protocol.StatefulServer()
	for _, test := range []struct {
		policy     protocol.Policy
		work, want bool
	}{{peer, true, true}, {peer, false, false}, {server, true, false}, {server, false, false}} {
		if got := protocol.LeavesStandby(test.policy, test.work); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	for state := protocol.Accepting; state <= protocol.Closed; state++ {
		if got, want := protocol.GivesWay(state, 0), state == protocol.Standby; got != want {
			t.Errorf("%v gives way: %v", state, got)
		}
		if got, want := protocol.GivesWay(state, 1), state == protocol.Standby ||
			state == protocol.Connecting; got != want {
			t.Errorf("%v after a pause gives way: %v", state, got)
		}
	}
}
