package lab3

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/labs/grade"
	"simplemessenger/labs/structures"
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// How many situations are drawn for a row, and for the whole table.
const (
	perRow   = 40
	perTable = 1500
)

var (
	lower  = structures.Addr{Port: 6800, IP: netip.MustParseAddr("10.0.0.1")}
	higher = structures.Addr{Port: 6800, IP: netip.MustParseAddr("10.0.0.2")}
)

// plain is a peer that comes for the first time.
func plain() situation {
	return situation{Arrival: arrival{GlobalSeq: 5, ProtocolVersion: 10, WantVersion: 10,
		Features: 0xff, Required: 0x42, HostType: 4, Credentials: "accepted", Peer: lower,
		Local: higher}}
}

// meets is a peer that comes with a connect_seq and finds a pipe.
func meets(connectSeq uint32, state string, ours uint32,
	change func(a *arrival, e *existing)) situation {
	s := plain()
	s.Arrival.ConnectSeq = connectSeq
	s.Existing = &existing{State: state, ConnectSeq: ours, PeerGlobalSeq: 4}
	if change != nil {
		change(&s.Arrival, s.Existing)
	}
	return s
}

// comes is a peer that finds none.
func comes(change func(a *arrival)) situation {
	s := plain()
	change(&s.Arrival)
	return s
}

// row is a row of the table, in the order in which a student builds.
type row struct {
	want   protocol.Case
	points int
	plain  situation
	why    string
}

var rows = []row{
	{protocol.CaseNew, 5, plain(), "Nobody is registered, and the peer asks for a new session."},
	{protocol.CaseUnknownSession, 4, comes(func(a *arrival) { a.ConnectSeq = 3 }),
		"The peer goes on with a session of which we know nothing: it must begin anew, or it " +
			"would believe that what it sent before has arrived."},
	{protocol.CaseProtocolVersion, 3, comes(func(a *arrival) { a.ProtocolVersion = 9 }),
		"Before anything of a session is looked at, the two must speak the same version: neither " +
			"more nor less."},
	{protocol.CaseFeatures, 3, comes(func(a *arrival) { a.Features = 2 }),
		"Each bit that is required must be offered: required &^ features is what is missing."},
	{protocol.CaseChallenge, 3, comes(func(a *arrival) { a.Credentials = "challenged" }),
		"The credentials want the answer to a challenge first."},
	{protocol.CaseBadAuthorizer, 3, comes(func(a *arrival) { a.Credentials = "refused" }),
		"Refused credentials are refused, whoever is registered."},
	{protocol.CaseFalseType, 3, comes(func(a *arrival) { a.PrincipalType = 8 }),
		"The type selects the policy. As a client everybody may come, as a daemon only one of " +
			"that type; who has proved nothing is not contradicted."},
	{protocol.CaseStaleGlobal, 4,
		meets(2, "OPEN", 1, func(_ *arrival, e *existing) { e.PeerGlobalSeq = 6 }),
		"A lower global_seq than the one seen is an old connect message that was overtaken. An " +
			"equal one is not old. This row stands above all others with an E."},
	{protocol.CaseLossyExisting, 4,
		meets(0, "OPEN", 1, func(_ *arrival, e *existing) { e.Lossy = true }),
		"A lossy session lives as long as its socket. The peer has a new one, so the old session " +
			"is over, whatever the connect_seq: replace, end_session, and the peer is fresh."},
	{protocol.CasePeerRestarted, 5,
		meets(0, "OPEN", 1, func(a *arrival, _ *existing) { a.ResetCheck = true }),
		"The peer has lost a session that we have. Its numbers begin anew; with resetcheck, or " +
			"with a number at its end, ours do too."},
	{protocol.CaseStaleSession, 4, meets(2, "STANDBY", 5, nil),
		"We have counted more connections: the peer shall come again with E.connect_seq + 1, so " +
			"that it wins then."},
	{protocol.CaseReconnect, 4, meets(2, "OPEN", 1, nil),
		"The peer has counted further than we: its socket broke, this is the next one. The " +
			"session moves over as it is."},
	{protocol.CaseSameSession, 4, meets(2, "OPEN", 2, nil),
		"Equal, and E is OPEN or STANDBY: the peer shall be one ahead of us. E is not replaced, " +
			"it may be the open connection itself."},
	{protocol.CaseSessionLost, 4,
		meets(2, "CONNECTING", 0, func(a *arrival, _ *existing) { a.ResetCheck = true }),
		"The peer goes on with a session, and ours was never open: we have lost the old one. " +
			"With resetcheck, or if we have renounced it, the peer is told."},
	{protocol.CaseBothNew, 4,
		meets(0, "STANDBY", 0, func(a *arrival, _ *existing) { a.ResetCheck = true }),
		"Both are at 0, and nothing was ever agreed. RETRY_SESSION 1 would meet \"session lost " +
			"here\", and lead back to 0 for ever: replace."},
	{protocol.CaseRaceIncomingWins, 5, meets(0, "CONNECTING", 0, nil),
		"Both have called. The connection from the lower address stays; who is in WAIT expects " +
			"just this one, and a server never insists."},
	{protocol.CaseRaceExistingWins, 5,
		meets(0, "CONNECTING", 0, func(a *arrival, e *existing) {
			a.Peer, a.Local, e.Insists = higher, lower, true
		}),
		"Our address is the lower one, and our call is on its way: the peer waits for it, and " +
			"so it has to come."},
	{protocol.CaseRaceGivesWay, 4,
		meets(0, "CONNECTING", 0, func(a *arrival, _ *existing) {
			a.Peer, a.Local = higher, lower
		}),
		"Our connection should win, but it is not worth waiting for: the peer's is here."},
	{protocol.CaseExhausted, 4,
		meets(math.MaxUint32, "OPEN", 7, nil),
		"Counters end. A connect_seq at its end, or one above 0 that meets an E with a number at " +
			"its end, begins anew. This row stands right behind stale global_seq."},
	{protocol.CaseUnknownBeside, 2, comes(func(a *arrival) { a.ConnectSeq, a.Beside = 3, true }),
		"Two principals that claim one address are two peers. The session there is not this " +
			"one's, and hears nothing of it."},
	{protocol.CaseNewBeside, 2, comes(func(a *arrival) { a.Beside = true }),
		"Two principals that claim one address are two peers: a session of its own beside the " +
			"other one, which is not replaced."},
}

// section returns where a row is explained.
func section(c protocol.Case) string {
	return "negotiation.md#" + strings.NewReplacer(" ", "-", ",", "").Replace(c.String())
}

// steps has one for each row.
func steps() (all []grade.Step) {
	for _, r := range rows {
		all = append(all, grade.Step{Name: r.want.String(), Points: r.points,
			Section: section(r.want), Run: r.run})
	}
	return all
}

func (r row) run(s *grade.Session) error {
	if err := ask(s, r.plain); err != nil {
		return err
	}
	if r.want == protocol.CaseStaleGlobal {
		if err := notStale(s); err != nil {
			return err
		}
	}
	for range perRow {
		drawn, err := draw(s.Random, r.want)
		if err != nil {
			return err
		}
		if err := ask(s, drawn); err != nil {
			return err
		}
	}
	return nil
}

// notStale asks with an equal global_seq. Which row that belongs to may not be written yet: it is
// enough that it is not this one.
func notStale(s *grade.Session) error {
	q := meets(2, "OPEN", 1, func(a *arrival, e *existing) { e.PeerGlobalSeq = a.GlobalSeq })
	var got decision
	if err := s.Ask("decide", q, &got); err != nil {
		return err
	}
	if got.Tag != wire.TagRetryGlobal.String() {
		return nil
	}
	return &grade.Story{Asked: q.String(), Expected: "anything but RETRY_GLOBAL", Got: got.String(),
		Why: "A connect message may come again with the global_seq that was seen already: equal " +
			"is not older."}
}

// table asks for everything at once.
func table(s *grade.Session) error {
	for range perTable {
		if err := ask(s, anything(s.Random)); err != nil {
			return err
		}
	}
	return nil
}

// ask asks for the decision in a situation.
func ask(s *grade.Session, q situation) error {
	var got decision
	if err := s.Ask("decide", q, &got); err != nil {
		return err
	}
	d := decide(q)
	want := decisionOf(d)
	if got == want {
		return nil
	}
	story := &grade.Story{Asked: q.String(), Expected: want.String(), Got: got.String(),
		Why: fmt.Sprintf("The first row that holds is %q (%s). ", d.Case, section(d.Case))}
	for _, r := range rows {
		if r.want == d.Case {
			story.Why += r.why
		}
	}
	return story
}

// draw returns a situation in which that row decides.
func draw(r *rand.Rand, want protocol.Case) (situation, error) {
	for range 1 << 20 {
		if s := anything(r); decide(s).Case == want {
			return s, nil
		}
	}
	return situation{}, errors.Errorf("no situation for %v", want)
}

// anything draws a situation.
func anything(r *rand.Rand) situation {
	often := func(n int) bool { return r.IntN(n) > 0 }
	coin := func() bool { return r.IntN(2) == 0 }
	s := plain()
	a := &s.Arrival
	number := func() uint32 {
		if often(20) {
			return uint32(r.IntN(4))
		}
		return [...]uint32{math.MaxInt32, math.MaxInt32 + 1, math.MaxUint32 - 1,
			math.MaxUint32}[r.IntN(4)]
	}
	a.ConnectSeq, a.GlobalSeq, a.ResetCheck = number(), number()+1, coin()
	if !often(12) {
		a.ProtocolVersion += uint32(1 + r.IntN(5))
	}
	if !often(12) {
		a.Features &^= 1 << [...]int{1, 6}[r.IntN(2)]
	}
	if !often(8) {
		a.Credentials = [...]string{"challenged", "refused"}[r.IntN(2)]
	}
	a.HostType = [...]uint8{1, 4, 8}[r.IntN(3)]
	if coin() {
		a.PrincipalType = a.HostType
		if !often(4) {
			a.PrincipalType = [...]uint8{1, 4, 8}[r.IntN(3)]
		}
	}
	switch r.IntN(5) {
	case 0:
		a.Peer, a.Local = higher, lower
	case 1:
		a.Peer, a.Local = anyAddr(r), anyAddr(r)
	case 2:
		a.Peer = a.Local
	}
	if !often(4) {
		a.Beside = coin()
		return s
	}
	s.Existing = &existing{State: [...]string{"CONNECTING", "OPEN", "STANDBY", "WAIT"}[r.IntN(4)],
		ConnectSeq: number(), PeerGlobalSeq: uint32(r.IntN(4)), Lossy: !often(4),
		Server: !often(4), Insists: coin(), Renounced: !often(5), Exhausted: !often(10)}
	if coin() {
		s.Existing.ConnectSeq = a.ConnectSeq
	}
	return s
}

// anyAddr draws an address of few, so that some are equal and many differ in one field.
func anyAddr(r *rand.Rand) structures.Addr {
	some := [...]netip.Addr{lower.IP, higher.IP, netip.MustParseAddr("9.255.0.1"),
		netip.MustParseAddr("2001:db8::1")}
	return structures.Addr{Nonce: [...]uint32{0, 1, 2, 256, 1 << 24, math.MaxUint32}[r.IntN(6)],
		Port: [...]uint16{6800, 6801, 255, 256}[r.IntN(4)], IP: some[r.IntN(len(some))]}
}
