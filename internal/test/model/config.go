package model

import (
	"fmt"
	"maps"
	"slices"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Config says which world to explore.
type Config struct {
	Name string
	// of A towards B, of B towards A; A's address is the lower one, and A is the client if there is
	// one
	Policies [2]protocol.Policy

	Messages    [2]int // that each user sends, at moments of its choice
	Cuts        int    // sockets that may break at a moment when both ends would go on
	Disruptions int    // restarts and mark downs, of either side
	// connect messages that are answered with RETRY_SESSION by a side that is connecting itself
	Contests int

	// OpensIdle lets users ask for a connection before they have something to send.
	OpensIdle bool
	// GlobalSeqAhead is how many connections more than those of the model a process has begun
	// before it restarts.
	GlobalSeqAhead uint8
	// KeepStale keeps connect messages that only the row "stale global_seq" can answer, on dead
	// sockets. They do nothing, and make the world several times larger.
	KeepStale bool
	// LateConnects lets connect messages on sockets that their sender has given up be decided after
	// a restart or a mark down that came behind them. They can do harm then: see
	// docs/negotiation.md.
	LateConnects bool

	Features wire.Features // that both sides offer
	Trouble  Trouble       // between the two, apart from the network
	// Beside: another principal claims each side's address towards the other one, and has a session
	// there.
	Beside bool
	// GivesUp lets a side give an open lossless session up by itself, since a message does not get
	// through. Each costs a disruption.
	GivesUp bool
	// Impatient lets connect messages be on their way for longer than a side insists on them. Each
	// costs a cut.
	Impatient bool
	// Deaf sides cannot connect: their dials fail, all of them.
	Deaf [2]bool

	// Rules are the functions under test.
	Rules Rules
	// MaxConnectSeq is how high connect_seq may rise, MaxRounds how many connect messages may be
	// sent after the last misfortune. To exceed them is a violation. MaxStates is how many states
	// are looked at. 0 is no limit.
	MaxConnectSeq uint8
	MaxRounds     int
	MaxStates     int
}

// String describes the world in one line.
func (c Config) String() string {
	s := fmt.Sprintf("%s, %d+%d messages, %d cuts, %d disruptions, %d contests", c.Name,
		c.Messages[low], c.Messages[high], c.Cuts,
		c.Disruptions, c.Contests)
	if c.Trouble != NoTrouble {
		s += ", " + c.Trouble.String()
	}
	for x := low; x <= high; x++ {
		if c.Deaf[x] {
			s += fmt.Sprintf(", %v cannot connect", x)
		}
	}
	if c.OpensIdle {
		s += ", users open idle connections"
	}
	if c.GivesUp {
		s += ", sides give up"
	}
	if c.Impatient {
		s += ", patience may end"
	}
	if c.GlobalSeqAhead > 0 {
		s += ", restarts after many connections"
	}
	if c.LateConnects {
		s += ", late connects"
	}
	if c.Beside {
		s += ", beside other principals"
	}
	if !c.seqExchanged() {
		s += ", without SEQ"
	}
	return s
}

// resetsTold reports whether one of the sides checks for resets.
func (c *Config) resetsTold() bool {
	return c.Policies[low].ResetCheck || c.Policies[high].ResetCheck
}

// Rules are the pure functions of package pipe that the model composes, so that a test can put a
// broken one in place of each.
type Rules struct {
	DecidePeer    func(protocol.Arrival) protocol.Decision
	DecideSession func(protocol.Arrival, *protocol.Existing) protocol.Decision
	Seq           func(protocol.Decision, wire.Features) bool
	React         func(wire.ConnectReply, protocol.Attempt) protocol.Reaction
	AfterFault    func(state protocol.State, policy protocol.Policy,
		queued bool) protocol.Aftermath
	AfterFailedAccept func(policy protocol.Policy, queued, replaced bool) protocol.Aftermath
	AfterGivingUp     func(policy protocol.Policy) protocol.State

	// Verify stands for the authentication of the accepting side; it is no function of package
	// pipe.
	Verify func(Credentials) protocol.Decision
	// FailedAccept says what connect_seq is after an accept has failed before its reply: before is
	// that of the session before the accept, arrived that of the connect message.
	FailedAccept func(before, arrived uint8) uint8
}

// RealRules are the rules as they are.
func RealRules() Rules {
	return Rules{
		DecidePeer: protocol.DecidePeer, DecideSession: protocol.DecideSession,
		Seq: protocol.Decision.Seq, React: protocol.React,
		AfterFault: protocol.AfterFault, AfterFailedAccept: protocol.AfterFailedAccept,
		AfterGivingUp: protocol.AfterGivingUp, Verify: Verify,
		FailedAccept: func(before, arrived uint8) uint8 { return before },
	}
}

// Trouble is a difference between the two sides that stands in the way of a session.
type Trouble uint8

// The kinds of trouble. A is always the side that connects.
const (
	NoTrouble Trouble = iota
	VersionTrouble
	ServerRequires // B requires a feature that A lacks
	ClientRequires // A requires a feature that B lacks
	Challenges     // B challenges the first credentials on each socket; A can answer
	StaleTickets   // B refuses A's first credentials; fresh ones do
	WrongTickets   // B refuses all credentials of A
)

// Refuses reports whether no session may come of it.
func (t Trouble) Refuses() bool {
	return t == VersionTrouble || t == ServerRequires || t == ClientRequires || t == WrongTickets
}

// String names the trouble.
func (t Trouble) String() string {
	return [...]string{"no trouble", "versions differ", "server requires a feature",
		"client requires a feature", "server challenges",
		"stale tickets", "wrong tickets"}[t]
}

func (t Trouble) credentials() bool {
	return t == Challenges || t == StaleTickets || t == WrongTickets
}

// Credentials are what a connect message brings to prove who its sender is, and what they meet.
type Credentials struct {
	Valid    bool // they will do, once they answer a challenge
	Answered bool // they answer the challenge of this socket
	Demanded bool // there must be an answer
}

// Verify is what an honest verifier does.
func Verify(c Credentials) protocol.Decision {
	switch {
	case !c.Valid:
		return protocol.Decision{Case: protocol.CaseBadAuthorizer, Tag: wire.TagBadAuthorizer}
	case c.Demanded && !c.Answered:
		return protocol.Decision{Case: protocol.CaseChallenge, Tag: wire.TagChallengeAuthorizer}
	}
	return protocol.Decision{}
}

// The pairs of policies that Ceph's daemons use.
var pairs = map[string][2]protocol.Policy{
	"lossless peer": {protocol.LosslessPeer(), protocol.LosslessPeer()},
	"lossless peer reuse": {protocol.LosslessPeerReuse(),
		protocol.LosslessPeerReuse()},
	"lossless client, stateful server":  {protocol.LosslessClient(), protocol.StatefulServer()},
	"lossy client, stateless server":    {protocol.LossyClient(), protocol.StatelessServer()},
	"lossless peer, stateful server":    {protocol.LosslessPeer(), protocol.StatefulServer()},
	"lossless client, stateless server": {protocol.LosslessClient(), protocol.StatelessServer()},
}

// Pairs returns the names of the pairs of policies, in order.
func Pairs() []string { return slices.Sorted(maps.Keys(pairs)) }

// Pair returns a world with the named pair of policies and nothing happening in it.
func Pair(name string) Config {
	policies, ok := pairs[name]
	if !ok {
		panic("model: no pair " + name)
	}
	return Config{Name: name, Policies: policies, Features: wire.FeatureReconnectSeq,
		Rules: RealRules()}
}
