package conformance_test

import (
	"strings"
	"testing"

	"simplemessenger/conformance"
	"simplemessenger/simplemsgr"
)

// verdictOf plays steps against a server of ours.
func verdictOf(t *testing.T, steps string) *conformance.Result {
	t.Helper()
	cases := parse(t, "case test/test\nabout -\nrules V1-MSG-1\nrole server\n"+steps)
	report, err := conformance.Check(t.Context(), messenger(t, simplemsgr.StatefulServer(), nil),
		conformance.Options{Cases: cases})
	if err != nil {
		t.Fatal(err)
	}
	return report.Results[0]
}

// Each peer has numbers of its own, and a step on its socket goes on with them.
func TestSeveralPeers(t *testing.T) {
	if r := verdictOf(t, `as one
		@a open
		send msg
		expect msg seq=1
		as two
		@b open connect_seq=0
		check connect_seq 1
		send msg
		expect msg seq=1
		@a send msg
		expect msg seq=2
		as two
		open
		check connect_seq 3`); r.Verdict != conformance.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

func TestOneOfSeveralFrames(t *testing.T) {
	for _, c := range []struct {
		steps string
		want  conformance.Verdict
		why   string
	}{
		{"send keepalive2\nexpect closed|keepalive2_ack", conformance.Pass, ""},
		{"send bytes 63\nexpect closed|keepalive2_ack", conformance.Pass, ""},
		{"send bytes 63\nexpect ~closed|keepalive2_ack", conformance.NonStrict, "closed"},
		{"send bytes 63\nexpect msg|keepalive2_ack", conformance.Fail,
			"expected msg or keepalive2_ack: the socket was closed"},
		{"send msg\nexpect closed|keepalive2_ack", conformance.Fail,
			"expected closed or keepalive2_ack, got msg"},
	} {
		r := verdictOf(t, "open\n"+c.steps)
		if r.Verdict != c.want || !strings.Contains(r.Reason, c.why) {
			t.Errorf("%s: %s: %s, want %s: %s", c.steps, r.Verdict, r.Reason, c.want, c.why)
		}
	}
}

// Bytes that count have a checksum that is not 0, and are read back as they were.
func TestPartsThatCount(t *testing.T) {
	r := verdictOf(t, "open\nsend msg front=pattern:600 front_crc=0\nexpect closed\n"+
		"open\nsend msg front=pattern:600\nexpect msg")
	if r.Verdict != conformance.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

// Who repeats is told in which round a step has failed.
func TestRoundOfARepetition(t *testing.T) {
	r := verdictOf(t, "open\nrepeat 3\nsend msg\nexpect msg seq=1\nend")
	if r.Verdict != conformance.Fail || !strings.Contains(r.Reason, "round 2 of 3") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

// A case that holds up others runs while no other does.
func TestAlone(t *testing.T) {
	const quick = "case with/others\nabout -\nrules V1-MSG-1\nrole server\n" +
		"open\nsend msg\nexpect msg\n"
	cases := parse(t, "case all/alone\nabout -\nrules V1-MSG-1\nrole server\nalone so\n"+
		"open\nwait 50ms\nsend msg\nexpect msg\n"+
		quick)
	report, err := conformance.Check(t.Context(), messenger(t, simplemsgr.StatefulServer(), nil),
		conformance.Options{Cases: cases})
	if err != nil {
		t.Fatal(err)
	}
	var spans [2][2]int64
	for i, r := range report.Results {
		if r.Verdict != conformance.Pass || len(r.Chunks) == 0 {
			t.Fatalf("%s: %s", r.Verdict, r.Reason)
		}
		spans[i] = [2]int64{r.Chunks[0].Time.UnixNano(), r.Chunks[len(r.Chunks)-1].Time.UnixNano()}
	}
	if spans[0][0] < spans[1][1] && spans[1][0] < spans[0][1] {
		t.Errorf("they ran at the same time: %v", spans)
	}
}
