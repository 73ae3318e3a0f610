package model

import (
	"strings"
	"sync"
	"testing"

	"simplemessenger/internal/test/race"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// A mutation breaks one rule. want is the property that an exploration then finds violated, "" if
// the broken rule does no harm in any world of the model; why says what else would notice.
type mutation struct {
	name  string
	apply func(*Rules)
	want  Property
	why   string
}

// passes lets everybody pass whom row c would refuse.
func passes(c protocol.Case) func(*Rules) {
	return func(r *Rules) {
		rule := r.DecidePeer
		r.DecidePeer = func(a protocol.Arrival) protocol.Decision {
			if d := rule(a); d.Case != c {
				return d
			}
			return protocol.Decision{}
		}
	}
}

// verifies changes what the verifier sees.
func verifies(change func(*Credentials)) func(*Rules) {
	return func(r *Rules) {
		r.Verify = func(c Credentials) protocol.Decision {
			change(&c)
			return Verify(c)
		}
	}
}

// decides changes the decision wherever the table's row is c.
func decides(c protocol.Case, change func(*protocol.Decision)) func(*Rules) {
	return func(r *Rules) {
		rule := r.DecideSession
		r.DecideSession = func(a protocol.Arrival, e *protocol.Existing) protocol.Decision {
			d := rule(a, e)
			if d.Case == c {
				change(&d)
			}
			return d
		}
	}
}

// answers makes the row answer with a tag, and do nothing else.
func answers(c protocol.Case, tag wire.Tag) func(*Rules) {
	return func(r *Rules) {
		rule := r.DecideSession
		r.DecideSession = func(a protocol.Arrival, e *protocol.Existing) protocol.Decision {
			d := rule(a, e)
			if d.Case != c {
				return d
			}
			d = protocol.Decision{Case: c, Tag: tag}
			if e != nil {
				d.ConnectSeq, d.GlobalSeq = e.ConnectSeq+1, e.PeerGlobalSeq
			}
			return d
		}
	}
}

// replaces makes the row replace the existing pipe.
func replaces(c protocol.Case) func(*Rules) {
	return decides(c, func(d *protocol.Decision) {
		*d = protocol.Decision{Case: c, Tag: wire.TagReady, Replace: true}
	})
}

// sees makes the table look at a changed picture of the existing pipe wherever its row would be c.
func sees(c protocol.Case, change func(e *protocol.Existing)) func(*Rules) {
	return func(r *Rules) {
		session := r.DecideSession
		r.DecideSession = func(a protocol.Arrival, e *protocol.Existing) protocol.Decision {
			d := session(a, e)
			if d.Case == c {
				changed := *e
				change(&changed)
				d = session(a, &changed)
			}
			return d
		}
	}
}

// reacts changes the reaction to a tag.
func reacts(tag wire.Tag,
	change func(r *protocol.Reaction, reply wire.ConnectReply, a protocol.Attempt)) func(*Rules) {
	return func(rules *Rules) {
		react := rules.React
		rules.React = func(reply wire.ConnectReply, a protocol.Attempt) protocol.Reaction {
			r := react(reply, a)
			if reply.Tag == tag {
				change(&r, reply, a)
			}
			return r
		}
	}
}

// acts makes the client answer a tag with another action.
func acts(tag wire.Tag, action protocol.Action) func(*Rules) {
	return reacts(tag, func(r *protocol.Reaction, _ wire.ConnectReply, a protocol.Attempt) {
		*r = protocol.Reaction{Action: action, ConnectSeq: a.Connect.ConnectSeq,
			GlobalSeq: a.Connect.GlobalSeq}
		if action == protocol.ActionOpen || action == protocol.ActionOpenSeq {
			r.ConnectSeq++
		}
	})
}

// faults changes what the rule of faults says where it said from.
func faults(when func(protocol.State, protocol.Policy, bool) bool, from,
	to protocol.Aftermath) func(*Rules) {
	return func(r *Rules) {
		rule := r.AfterFault
		r.AfterFault = func(state protocol.State, policy protocol.Policy,
			queued bool) protocol.Aftermath {
			a := rule(state, policy, queued)
			if a == from && when(state, policy, queued) {
				return to
			}
			return a
		}
	}
}

func failedAccepts(when func(policy protocol.Policy, queued, replaced bool) bool,
	to protocol.State) func(*Rules) {
	return func(r *Rules) {
		rule := r.AfterFailedAccept
		r.AfterFailedAccept = func(policy protocol.Policy, queued,
			replaced bool) protocol.Aftermath {
			if when(policy, queued, replaced) {
				return protocol.Aftermath{Next: to}
			}
			return rule(policy, queued, replaced)
		}
	}
}

// worlds are what a broken rule is tried in, small ones first.
func worlds() (all []Config) {
	for trouble := VersionTrouble; trouble <= WrongTickets; trouble++ {
		c := Pair("lossy client, stateless server")
		c.Trouble, c.Messages, c.Cuts = trouble, [2]int{1, 0}, 1
		all = append(all, c)
	}
	add := func(messages, cuts, disruptions int, special func(*Config)) {
		for _, name := range []string{"lossless peer", "lossless peer reuse",
			"lossless client, stateful server", "lossy client, stateless server",
			"lossless client, stateless server"} {
			c := Pair(name)
			c.Messages = [2]int{messages, messages}
			c.Cuts, c.Disruptions, c.Contests = cuts, disruptions, 1
			if special != nil {
				special(&c)
			}
			all = append(all, c)
		}
	}
	add(1, 0, 0, nil)
	add(1, 1, 0, func(c *Config) { c.Messages[high], c.Contests = 0, 0 })
	add(1, 0, 0, func(c *Config) { c.Deaf[low] = !c.Policies[high].Server })
	add(1, 1, 0, nil)
	add(1, 0, 1, nil)
	add(1, 1, 0, func(c *Config) { c.OpensIdle = true })
	add(1, 1, 0, func(c *Config) { c.KeepStale = true })
	add(1, 0, 1, func(c *Config) { c.GlobalSeqAhead = 12 })
	add(2, 0, 1, func(c *Config) { c.Features, c.Messages[high] = 0, 0 })
	add(1, 1, 1, nil)
	add(1, 0, 1, func(c *Config) { c.GivesUp = true })
	add(2, 0, 1, nil)
	add(1, 2, 0, nil)
	return all
}

// limited are the worlds with limits on connect_seq and rounds: those that the real rules need.
var limited = sync.OnceValue(func() []Config {
	all := worlds()
	for i := range all {
		if all[i].Trouble != NoTrouble {
			continue
		}
		r := Explore(all[i])
		all[i].MaxRounds, all[i].MaxConnectSeq = r.Rounds, uint8(r.MaxConnectSeq)+4
	}
	return all
})

func TestMutations(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it checks the properties, not the rules, and one goroutine has no races: it runs " +
			"without -short and -race")
	}
	for _, mu := range mutations {
		t.Run(mu.name, func(t *testing.T) {
			worlds := limited()
			if mu.want == "" && race.Enabled {
				worlds = worlds[:26]
			}
			states := 0
			for _, c := range worlds {
				mu.apply(&c.Rules)
				r := Explore(c)
				states += r.States
				if v := r.Violation; v != nil {
					t.Logf("caught after %d states in %q by %q: %s", states, c, v.Property,
						v.Detail)
					if v.Property != mu.want {
						t.Errorf("want %q\n%s", mu.want, strings.Join(v.Trace, "\n"))
					}
					return
				}
			}
			t.Logf("harmless in %d states: %s", states, mu.why)
			if mu.want != "" || mu.why == "" {
				t.Errorf("want %q", mu.want)
			}
		})
	}
}
