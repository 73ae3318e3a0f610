package model

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/test/race"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// With any of these flags TestExplore looks at one world for each pair of policies, of the size
// that they say.
var (
	messagesFlag    = flag.Int("messages", 1, "messages that each side sends, at most 3")
	cutsFlag        = flag.Int("cuts", 0, "sockets that may break, at most 7")
	disruptionsFlag = flag.Int("disruptions", 0, "restarts and mark downs, at most 3")
	contestsFlag    = flag.Int("contests", 0,
		"RETRY_SESSION answers by a side that is connecting itself, at most 7")
	pairFlag  = flag.String("pair", "", "explore this pair of policies only")
	largeFlag = flag.Bool("large", false, "explore worlds that take minutes and gigabytes")
)

// size is how much may happen in a world.
type size struct{ low, high, cuts, disruptions, contests int }

func sizes() (all []size) {
	for _, name := range []string{"messages", "cuts", "disruptions", "contests"} {
		flag.Visit(func(f *flag.Flag) {
			if f.Name == name {
				all = []size{{*messagesFlag, *messagesFlag, *cutsFlag, *disruptionsFlag,
					*contestsFlag}}
			}
		})
	}
	switch {
	case all != nil:
		return all
	case testing.Short() || race.Enabled:
		return []size{{1, 1, 1, 1, 1}}
	case *largeFlag:
		return []size{{1, 1, 3, 1, 2}, {1, 1, 2, 2, 1}, {2, 2, 2, 1, 1}, {3, 1, 1, 1, 1}}
	}
	return []size{
		{1, 1, 3, 1, 0}, // rough
		{1, 1, 2, 1, 1}, // two contests begin where the first has ended
		{2, 2, 1, 1, 0}, // long
	}
}

// TestExplore visits every state of every world and checks every property.
func TestExplore(t *testing.T) {
	states, steps, worlds := 0, 0, 0
	start := time.Now()
	seen := newCoverage()
	for _, name := range Pairs() {
		if *pairFlag != "" && *pairFlag != name {
			continue
		}
		for _, size := range sizes() {
			c := Pair(name)
			c.Messages = [2]int{size.low, size.high}
			c.Cuts, c.Disruptions, c.Contests, c.Impatient = size.cuts, size.disruptions,
				size.contests, true
			r := explore(t, c)
			states, steps, worlds = states+r.States, steps+r.Steps, worlds+1
			seen.add(r)
		}
	}
	for _, name := range Pairs() {
		c := Pair(name)
		c.Messages, c.Cuts, c.Disruptions, c.Contests, c.Beside = [2]int{1, 1}, 1, 1, 1, true
		r := explore(t, c)
		states, steps, worlds = states+r.States, steps+r.Steps, worlds+1
		seen.add(r)
	}
	// A short run has them all already; worlds of the user's choice need not.
	if *pairFlag == "" && *cutsFlag == 0 {
		seen.check(t)
	}
	elapsed := time.Since(start)
	t.Logf("SUMMARY: model: %d states and %d steps in %d worlds, %.1f s: every property holds",
		states, steps, worlds, elapsed.Seconds())
}

// explore visits every state of a world and reports what is wrong.
func explore(t *testing.T, c Config) Result {
	t.Helper()
	r := Explore(c)
	t.Logf("%v: %d states, %d steps, %d of the states settled; depth %d, connect_seq up to %d, at "+
		"most %d connect messages after the last misfortune",
		c, r.States, r.Steps, r.Settled, r.Depth, r.MaxConnectSeq, r.Rounds)
	if v := r.Violation; v != nil {
		t.Errorf("%v: %s: %s\n%s", c, v.Property, v.Detail, strings.Join(v.Trace, "\n"))
	}
	return r
}

// coverage is what of the rules was put to use.
type coverage struct {
	cases    map[protocol.Case]bool
	actions  map[protocol.Action]bool
	outcomes map[Outcome]bool
}

func newCoverage() coverage {
	return coverage{map[protocol.Case]bool{}, map[protocol.Action]bool{}, map[Outcome]bool{}}
}

func (v coverage) add(r Result) {
	for c := range r.Cases {
		v.cases[c] = true
	}
	for a := range r.Actions {
		v.actions[a] = true
	}
	for o := range r.Outcomes {
		v.outcomes[o] = true
	}
}

// check fails the test if a rule that the worlds have a use for was never used.
func (v coverage) check(t *testing.T) {
	t.Helper()
	for c := protocol.CaseUnknownSession; c <= protocol.CaseReconnect; c++ {
		// Numbers of the model are small: their ends are in the tables of package pipe.
		if !v.cases[c] && c != protocol.CaseExhausted {
			t.Errorf("never decided: %v", c)
		}
	}
	for _, a := range []protocol.Action{protocol.ActionRetry, protocol.ActionWait,
		protocol.ActionOpen, protocol.ActionOpenSeq} {
		if !v.actions[a] {
			t.Errorf("never done: %s", actionNames[a])
		}
	}
	for _, o := range []Outcome{
		{State: protocol.Open, Next: protocol.Closed}, {State: protocol.Open,
			Next: protocol.Standby}, {State: protocol.Open, Next: protocol.Connecting},
		{State: protocol.Connecting, Next: protocol.Connecting},
		{State: protocol.Connecting, Next: protocol.Standby},
		{State: protocol.Wait, Next: protocol.Connecting},
		{State: protocol.Wait, Next: protocol.Standby},
		{FailedAccept: true, State: protocol.Open, Next: protocol.Closed},
		{FailedAccept: true, State: protocol.Open, Next: protocol.Standby},
		{FailedAccept: true, State: protocol.Open, Next: protocol.Connecting},
	} {
		if !v.outcomes[o] {
			t.Errorf("never came about: %+v", o)
		}
	}
}

// TestExploreTrouble: two sides that do not fit, and credentials that need a second try.
func TestExploreTrouble(t *testing.T) {
	seen := newCoverage()
	for trouble := VersionTrouble; trouble <= WrongTickets; trouble++ {
		c := Pair("lossy client, stateless server")
		c.Trouble, c.Messages, c.Cuts, c.Disruptions = trouble, [2]int{2, 1}, 2, 1
		seen.add(explore(t, c))
	}
	for _, c := range []protocol.Case{protocol.CaseProtocolVersion, protocol.CaseFeatures,
		protocol.CaseChallenge, protocol.CaseBadAuthorizer} {
		if !seen.cases[c] {
			t.Errorf("never decided: %v", c)
		}
	}
	for _, a := range []protocol.Action{protocol.ActionFault, protocol.ActionAnswerChallenge,
		protocol.ActionFreshAuthorizer} {
		if !seen.actions[a] {
			t.Errorf("never done: %s", actionNames[a])
		}
	}
}

// TestExploreVariations: peers without SEQ, users that open connections before they have something
// to send, a process that restarts after many connections, and connect messages that only their
// global_seq gives away.
func TestExploreVariations(t *testing.T) {
	for _, name := range Pairs() {
		for _, vary := range []func(*Config){
			func(c *Config) { c.Features = 0 },
			func(c *Config) { c.OpensIdle = true },
			func(c *Config) { c.GlobalSeqAhead = 12 },
			func(c *Config) { c.KeepStale = true },
			func(c *Config) { c.GivesUp, c.Impatient = true, true },
		} {
			c := Pair(name)
			c.Messages, c.Cuts, c.Disruptions, c.Contests = [2]int{1, 1}, 1, 1, 1
			if race.Enabled {
				c.Disruptions = 0
			}
			vary(&c)
			explore(t, c)
		}
	}
}

// What the protocol cannot do, whatever its implementation, and what we do differently from the
// original.
func TestKnownWeaknesses(t *testing.T) {
	expect := func(name string, c Config, want Property) {
		t.Helper()
		v := Explore(c).Violation
		if v == nil || v.Property != want {
			t.Errorf("%s: got %+v, want %q", name, v, want)
			return
		}
		t.Logf("%s: %s: %s\n\t%s", name, v.Property, v.Detail, strings.Join(v.Trace, "\n\t"))
	}
	small := func(pair string, cuts, disruptions int) Config {
		c := Pair(pair)
		c.Messages, c.Cuts, c.Disruptions = [2]int{1, 1}, cuts, disruptions
		return c
	}

	// Two sides that connect at once with different numbers lift each other's above their own, as
	// long as each connect message is overtaken by the answer to the other one.
	c := small("lossless peer", 1, 0)
	c.Contests, c.MaxConnectSeq = 7, 12
	expect("contest", c, Convergence)

	// A connect message that is decided when its sender has restarted, or been marked down, revives
	// what was lost.
	for _, late := range []struct {
		pair string
		want Property
	}{{"lossless peer", NoDuplicates}, {"lossless peer reuse", ResetsHaveCause},
		{"lossless client, stateful server", ResetsHaveCause}} {
		c = small(late.pair, 1, 1)
		c.Messages, c.LateConnects = [2]int{2, 2}, true
		expect("late connect, "+late.pair, c, late.want)
	}

	// The original keeps the connect_seq of an accept that has failed, and its peer takes it for
	// one that has lost the session.
	c = small("lossless peer reuse", 1, 0)
	c.Rules.FailedAccept = func(_, arrived uint8) uint8 { return arrived + 1 }
	expect("connect_seq kept", c, ResetsHaveCause)

	// The original answers RETRY_SESSION where both are new. The next connect message is then
	// answered with RESETSESSION, and so on.
	c = small("lossless client, stateful server", 1, 0)
	answers(protocol.CaseBothNew, wire.TagRetrySession)(&c.Rules)
	expect("both new", c, ResetsHaveCause)
}

// A state is encoded so that decoding gives it back.
func TestEncoding(t *testing.T) {
	c := Pair("lossless peer")
	c.Messages, c.Cuts, c.Disruptions, c.Contests = [2]int{2, 2}, 2, 1, 1
	m := newMachine(&c)
	s := c.initial()
	for n := range 3000 {
		s.normalize(&c)
		encoded := s.encode(nil)
		var back state
		back.decode(encoded)
		if again := back.encode(nil); string(again) != string(encoded) {
			t.Fatalf("%v\n%v\n%x\n%x", &s, &back, encoded, again)
		}
		steps, _ := m.steps(&back, nil)
		if len(steps) == 0 {
			back = c.initial()
			steps, _ = m.steps(&back, nil)
		}
		m.s = back
		m.do(steps[(n*n+n/7)%len(steps)])
		s = m.s
	}
}

func ExampleExplore() {
	c := Pair("lossless peer")
	c.Messages, c.Cuts = [2]int{1, 1}, 1
	r := Explore(c)
	fmt.Println(r.States > 1000, r.Violation)
	// Output: true <nil>
}
