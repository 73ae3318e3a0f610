package protocol_test

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// A decisionRow is a row of the table in docs/negotiation.md. Each column lists the values for
// which the row holds, separated by blanks; "*" is any. Rows exclude each other, so that the order
// in which they stand says nothing: whoever reads one needs not have read those above it.
type decisionRow struct {
	want protocol.Case

	// the state of the registered pipe; none, or beside if others claim the address
	existing  string
	globalSeq string // c.global_seq compared with E.peer_global_seq
	lossy     string // E is lossy
	// c.connect_seq compared with E.connect_seq: 0=0, 0<n, n<m, n=n, n>0, m>n; not 0, and at an
	// end: end; without E: 0, n
	connectSeq string
	server     string // E's policy is server
	insists    string // E's own connect message is on its way, and worth waiting for
	resetCheck string // our policy, or E has given the session up
	peer       string // the peer's address compared with ours

	verdict verdict
}

// verdict is a Decision with its numbers given by where they come from.
type verdict struct {
	tag          wire.Tag
	connectSeq   string // "" or E+1
	globalSeq    string // "" or E
	replace      bool
	fresh        bool
	wakeExisting bool
	// reset says when the session of E is reset: never (""), or "resetcheck".
	reset string
}

var (
	ready   = verdict{tag: wire.TagReady}
	replace = verdict{tag: wire.TagReady, replace: true}
	anew    = verdict{tag: wire.TagReady, replace: true, fresh: true}
	retry   = verdict{tag: wire.TagRetrySession, connectSeq: "E+1"}
	reset   = verdict{tag: wire.TagResetSession}
)

const known = "CONNECTING OPEN STANDBY WAIT"

var decisionTable = []decisionRow{
	{protocol.CaseUnknownSession, "none", "*", "*", "n", "*", "*", "*", "*", reset},
	{protocol.CaseNew, "none", "*", "*", "0", "*", "*", "*", "*", ready},
	{protocol.CaseUnknownBeside, "beside", "*", "*", "n", "*", "*", "*", "*", reset},
	{protocol.CaseNewBeside, "beside", "*", "*", "0", "*", "*", "*", "*", ready},

	{protocol.CaseStaleGlobal, known, "<", "*", "*", "*", "*", "*", "*",
		verdict{tag: wire.TagRetryGlobal, globalSeq: "E"}},
	{protocol.CaseExhausted, known, "= >", "*", "end", "*", "*", "*", "*", reset},
	{protocol.CaseLossyExisting, known, "= >", "yes", "0=0 0<n n<m n=n n>0 m>n", "*", "*", "*", "*",
		anew},

	{protocol.CasePeerRestarted, known, "= >", "no", "0<n", "*", "*", "*", "*",
		verdict{tag: wire.TagReady, replace: true, fresh: true, reset: "resetcheck"}},
	{protocol.CaseStaleSession, known, "= >", "no", "n<m", "*", "*", "*", "*", retry},

	{protocol.CaseBothNew, "OPEN STANDBY", "= >", "no", "0=0", "*", "*", "yes", "*", replace},
	{protocol.CaseSameSession, "OPEN STANDBY", "= >", "no", "0=0", "*", "*", "no", "*", retry},
	{protocol.CaseSameSession, "OPEN STANDBY", "= >", "no", "n=n", "*", "*", "*", "*", retry},
	{protocol.CaseRaceIncomingWins, "WAIT", "= >", "no", "0=0 n=n", "*", "*", "*", "*", replace},
	{protocol.CaseRaceIncomingWins, "CONNECTING", "= >", "no", "0=0 n=n", "*", "*", "*", "<",
		replace},
	{protocol.CaseRaceIncomingWins, "CONNECTING", "= >", "no", "0=0 n=n", "yes", "*", "*", "= >",
		replace},
	{protocol.CaseRaceGivesWay, "CONNECTING", "= >", "no", "0=0 n=n", "no", "no", "*", "= >",
		replace},
	{protocol.CaseRaceExistingWins, "CONNECTING", "= >", "no", "0=0 n=n", "no", "yes", "*", "= >",
		verdict{tag: wire.TagWait, wakeExisting: true}},

	{protocol.CaseSessionLost, known, "= >", "no", "n>0", "*", "*", "yes", "*", reset},
	{protocol.CaseReconnect, known, "= >", "no", "n>0", "*", "*", "no", "*", replace},
	{protocol.CaseReconnect, known, "= >", "no", "m>n", "*", "*", "*", "*", replace},
}

// situation is one combination of all that a decision depends on.
type situation struct {
	arrival  protocol.Arrival
	existing *protocol.Existing
}

func (s situation) columns() decisionRow {
	a := s.arrival
	r := decisionRow{existing: "none", globalSeq: "-", lossy: "-", connectSeq: "0", server: "-",
		insists:    "-",
		resetCheck: yes(a.ResetCheck || s.existing != nil && s.existing.Renounced),
		peer:       relation(a.Peer.Compare(a.Local))}
	if a.Connect.ConnectSeq > 0 {
		r.connectSeq = "n"
	}
	e := s.existing
	if e == nil {
		if a.Beside {
			r.existing = "beside"
		}
		return r
	}
	r.existing, r.lossy, r.server, r.insists = e.State.String(), yes(e.Lossy), yes(e.Server),
		yes(e.Insists)
	r.globalSeq = relation(int(int64(a.Connect.GlobalSeq) - int64(e.PeerGlobalSeq)))
	switch theirs, ours := a.Connect.ConnectSeq, e.ConnectSeq; {
	case theirs == math.MaxUint32, theirs > 0 && e.Exhausted:
		r.connectSeq = "end"
	case theirs == 0 && ours == 0:
		r.connectSeq = "0=0"
	case theirs == 0:
		r.connectSeq = "0<n"
	case ours == 0:
		r.connectSeq = "n>0"
	case theirs < ours:
		r.connectSeq = "n<m"
	case theirs > ours:
		r.connectSeq = "m>n"
	default:
		r.connectSeq = "n=n"
	}
	return r
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func relation(sign int) string {
	switch {
	case sign < 0:
		return "<"
	case sign > 0:
		return ">"
	}
	return "="
}

func (r decisionRow) holds(s decisionRow) bool {
	in := func(set, value string) bool {
		for _, v := range strings.Fields(set) {
			if v == "*" || v == value {
				return true
			}
		}
		return false
	}
	return in(r.existing, s.existing) && in(r.globalSeq, s.globalSeq) && in(r.lossy, s.lossy) &&
		in(r.connectSeq, s.connectSeq) &&
		in(r.server, s.server) && in(r.insists, s.insists) && in(r.resetCheck, s.resetCheck) &&
		in(r.peer, s.peer)
}

func (r decisionRow) decision(s situation) protocol.Decision {
	v := r.verdict
	d := protocol.Decision{Case: r.want, Tag: v.tag, Replace: v.replace, FreshPeer: v.fresh,
		WakeExisting: v.wakeExisting}
	if v.connectSeq == "E+1" {
		d.ConnectSeq = s.existing.ConnectSeq + 1
	}
	if v.globalSeq == "E" {
		d.GlobalSeq = s.existing.PeerGlobalSeq
	}
	d.ResetExisting = v.reset == "resetcheck" && (s.arrival.ResetCheck || s.existing.Exhausted)
	return d
}

// situations is the product of all that a decision may depend on, made once.
var situations = sync.OnceValue(func() []situation {
	addr := func(nonce uint32) wire.EntityAddr {
		return wire.NewEntityAddr(netip.MustParseAddrPort("10.0.0.1:6800"), nonce)
	}
	both := []bool{false, true}
	connectSeqs := []uint32{0, 1, 2, 3, math.MaxInt32, math.MaxInt32 + 1, math.MaxUint32 - 1,
		math.MaxUint32}
	globalSeqs := []uint32{0, 1, 2, math.MaxInt32 + 1, math.MaxUint32}
	var all []situation
	for _, connectSeq := range connectSeqs {
		for _, globalSeq := range globalSeqs {
			for _, resetCheck := range both {
				for _, peer := range []uint32{4, 5, 6} {
					a := protocol.Arrival{Connect: wire.Connect{ConnectSeq: connectSeq,
						GlobalSeq: globalSeq}, Peer: addr(peer), Local: addr(5),
						ResetCheck: resetCheck}
					beside := a
					beside.Beside = true
					all = append(all, situation{arrival: a}, situation{arrival: beside})
					for _, state := range []protocol.State{protocol.Connecting, protocol.Open,
						protocol.Standby, protocol.Wait} {
						for _, ours := range connectSeqs {
							for _, seen := range globalSeqs {
								for _, lossy := range both {
									for _, server := range both {
										for _, insists := range both {
											e := &protocol.Existing{State: state, ConnectSeq: ours,
												PeerGlobalSeq: seen, Lossy: lossy, Server: server,
												Insists:   insists,
												Exhausted: ours == math.MaxUint32 || ours == 3}
											all = append(all, situation{a, e})
											if !resetCheck && seen == 0 {
												all = append(all, situation{beside, e})
											}
											if !resetCheck && seen == 0 {
												renounced := *e
												renounced.Renounced = true
												all = append(all, situation{a, &renounced})
											}
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return all
})

// TestDecideSessionAgainstTable compares the decision with the table, over the product of all that
// it may depend on.
func TestDecideSessionAgainstTable(t *testing.T) {
	all := situations()
	used := make([]int, len(decisionTable))
	rows := map[decisionRow]int{} // by columns
	for _, s := range all {
		columns := s.columns()
		row, known := rows[columns]
		if !known {
			row = theRow(t, columns)
			rows[columns] = row
		}
		used[row]++
		got, want := protocol.DecideSession(s.arrival, s.existing), decisionTable[row].decision(s)
		if got != want {
			t.Fatalf("%+v\nexisting %+v\n%s", columns, s.existing, cmp.Diff(want, got))
		}
	}
	for i, n := range used {
		if n == 0 {
			t.Errorf("row %d (%v) never held", i, decisionTable[i].want)
		}
	}
	t.Logf("%d situations, %d rows", len(all), len(decisionTable))
}

// theRow returns the one row that holds.
func theRow(t *testing.T, columns decisionRow) int {
	t.Helper()
	row := -1
	for i, r := range decisionTable {
		if !r.holds(columns) {
			continue
		}
		if row >= 0 {
			t.Fatalf("rows %d and %d both hold for %+v", row, i, columns)
		}
		row = i
	}
	if row < 0 {
		t.Fatalf("no row holds for %+v", columns)
	}
	return row
}

// A decision is about the session that arrives; who may talk at all was decided before.
func TestDecideSessionIgnoresTheRest(t *testing.T) {
	for i, s := range situations() {
		if i%97 != 0 {
			continue
		}
		want := protocol.DecideSession(s.arrival, s.existing)
		a := s.arrival
		a.ProtocolVersion, a.Required = 17, wire.FeatureMsgAuth
		a.Connect.HostType, a.Connect.Flags, a.Connect.AuthorizerLen = wire.EntityOSD,
			wire.FlagLossy, 12
		if got := protocol.DecideSession(a, s.existing); got != want {
			t.Fatalf("%+v: %s", s.arrival, cmp.Diff(want, got))
		}
	}
}

func TestDecidePeer(t *testing.T) {
	const a, b = wire.FeatureReconnectSeq, wire.FeatureMsgAuth
	for _, test := range []struct {
		name              string
		theirs, ours      uint32
		offered, required wire.Features
		want              protocol.Case
		tag               wire.Tag
	}{
		{"nothing is asked for", 0, 0, 0, 0, protocol.CaseNone, 0},
		{"same version", 24, 24, a, 0, protocol.CaseNone, 0},
		{"older", 23, 24, a, 0, protocol.CaseProtocolVersion, wire.TagBadProtoVer},
		{"newer", 25, 24, a, 0, protocol.CaseProtocolVersion, wire.TagBadProtoVer},
		{"a version where none is expected", 1, 0, a, 0, protocol.CaseProtocolVersion,
			wire.TagBadProtoVer},
		{"all required features", 24, 24, a | b, a | b, protocol.CaseNone, 0},
		{"more than the required features", 24, 24, a | b, b, protocol.CaseNone, 0},
		{"one feature is missing", 24, 24, a, a | b, protocol.CaseFeatures, wire.TagFeatures},
		{"all features are missing", 24, 24, 0, a | b, protocol.CaseFeatures, wire.TagFeatures},
		{"the version is looked at first", 1, 24, 0, a | b, protocol.CaseProtocolVersion,
			wire.TagBadProtoVer},
	} {
		got := protocol.DecidePeer(protocol.Arrival{Connect: wire.Connect{
			ProtocolVersion: test.theirs, Features: test.offered},
			ProtocolVersion: test.ours, Required: test.required})
		if want := (protocol.Decision{Case: test.want, Tag: test.tag}); got != want {
			t.Errorf("%s: %s", test.name, cmp.Diff(want, got))
		}
	}
}

// SEQ is for a session that goes on and that both sides know.
func TestDecisionSeq(t *testing.T) {
	const agreed = wire.FeatureReconnectSeq | wire.FeatureMsgAuth
	seq := map[protocol.Case]bool{}
	for _, s := range situations() {
		d := protocol.DecideSession(s.arrival, s.existing)
		if d.Seq(agreed &^ wire.FeatureReconnectSeq) {
			t.Fatalf("%v: SEQ although the peer does not understand it", d.Case)
		}
		if is, seen := seq[d.Case]; seen && is != d.Seq(agreed) {
			t.Fatalf("%v: SEQ depends on more than the case", d.Case)
		}
		seq[d.Case] = d.Seq(agreed)
	}
	want := map[protocol.Case]bool{protocol.CaseBothNew: true, protocol.CaseRaceIncomingWins: true,
		protocol.CaseRaceGivesWay: true, protocol.CaseReconnect: true,
		protocol.CaseUnknownSession: false, protocol.CaseNew: false,
		protocol.CaseUnknownBeside: false, protocol.CaseNewBeside: false,
		protocol.CaseStaleGlobal: false, protocol.CaseExhausted: false,
		protocol.CaseLossyExisting: false,
		protocol.CasePeerRestarted: false, protocol.CaseStaleSession: false,
		protocol.CaseSameSession:      false,
		protocol.CaseRaceExistingWins: false, protocol.CaseSessionLost: false}
	if diff := cmp.Diff(want, seq); diff != "" {
		t.Error(diff)
	}
}

func TestDecisionOpens(t *testing.T) {
	for _, s := range situations() {
		d := protocol.DecideSession(s.arrival, s.existing)
		if d.Opens() != (d.Tag == wire.TagReady) {
			t.Fatalf("%+v", d)
		}
		if !d.Opens() && (d.Replace || d.FreshPeer || d.ResetExisting) {
			t.Fatalf("a refusal touches the session: %+v", d)
		}
		if d.Replace && s.existing == nil {
			t.Fatalf("nothing to replace: %+v", d)
		}
		if d.Opens() && s.existing != nil && !d.Replace {
			t.Fatalf("two pipes for one peer: %+v", d)
		}
	}
}

func TestCasesHaveNames(t *testing.T) {
	names := map[string]protocol.Case{}
	for i, c := range protocol.Cases() {
		if int(c) != i+1 {
			t.Errorf("case %d is at place %d", c, i)
		}
		name := c.String()
		if other, twice := names[name]; twice || name == "" || name == "unknown" || name == "none" {
			t.Errorf("case %d is called %q, as is %d", c, name, other)
		}
		names[name] = c
	}
	if got := fmt.Sprint(protocol.CaseNone, protocol.Case(200)); got != "none unknown" {
		t.Error(got)
	}
}
