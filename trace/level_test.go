package trace_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"simplemessenger/protocol"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// variants are events whose level depends on what is in them, and what the table says of them.
var variants = []struct {
	when  string
	event trace.Event
}{
	{"goodbye", trace.Faulted{Stage: protocol.StageReadTag, Err: errors.New("EOF"), Goodbye: true}},
	{"refused", trace.Decided{Case: protocol.CaseFeatures, Answer: wire.TagFeatures,
		Reason: "bit"}},
	{"other answers", trace.Decided{Case: protocol.CaseStaleGlobal, Answer: wire.TagRetryGlobal}},
}

// The table of levels in docs/observation.md is what Level does: each event has its row.
func TestLevelsAreThoseOfThePage(t *testing.T) {
	page, err := os.ReadFile("../docs/observation.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)`(?:, ([a-z ]+))? \\| (DEBUG|INFO|WARN|ERROR) \\|")
	said := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		said[m[1]+" "+m[2]] = m[3]
	}
	is := map[string]string{}
	for _, e := range all {
		is[e.Name()+" "] = trace.Level(e).String()
	}
	for _, v := range variants {
		is[v.event.Name()+" "+v.when] = trace.Level(v.event).String()
	}
	for what, level := range is {
		if said[what] != level {
			t.Errorf("%s is at %s, the page says %q", what, level, said[what])
		}
	}
	for what := range said {
		if is[what] == "" {
			t.Errorf("the page has a row for %q, which is nothing", what)
		}
	}
	if t.Failed() {
		t.Log("\n" + levelTable(is))
	}
}

// levelTable is the table as it should be.
func levelTable(is map[string]string) string {
	var rows []string
	for what, level := range is {
		name, when, _ := strings.Cut(what, " ")
		if when != "" {
			when = ", " + when
		}
		rows = append(rows, fmt.Sprintf("| `%s`%s | %s |", name, when, level))
	}
	slices.SortFunc(rows, func(a, b string) int { return cmp.Compare(a, b) })
	return strings.Join(rows, "\n")
}

// A visit, from socket to goodbye, is two lines at information level at each side, and none above.
func TestVisitIsTwoLines(t *testing.T) {
	var out bytes.Buffer
	log := trace.NewLogger(slog.New(slog.NewTextHandler(&out, nil)))
	for _, e := range []trace.Event{
		trace.SocketOpened{Incoming: true}, trace.BannerSent{}, trace.BannerReceived{},
		trace.ConnectReceived{}, trace.Decided{Case: protocol.CaseNew, Answer: wire.TagReady},
		trace.ReplySent{}, trace.StateChanged{To: protocol.Open}, trace.Opened{Incoming: true},
		trace.EventQueued{Kind: "accept"}, trace.MessageReceived{}, trace.Dispatched{},
		trace.CloseReceived{}, trace.CloseSent{},
		trace.Faulted{Err: errors.New("closed by peer"), Goodbye: true},
		trace.StateChanged{To: protocol.Closed}, trace.EventQueued{Kind: "reset", Reason: "close"},
	} {
		log.Trace(record(e))
	}
	if lines := strings.Count(out.String(), "\n"); lines != 2 ||
		strings.Count(out.String(), "level=INFO") != 2 {
		t.Errorf("%d lines:\n%s", lines, &out)
	}
}

func TestLoggerSaysOfThePeerWhatIsKnown(t *testing.T) {
	addr, err := wire.ParseEntityAddr("10.0.0.1:6800/5")
	if err != nil {
		t.Fatal(err)
	}
	unknown := wire.EntityName{Num: wire.NumUnknown}
	for _, tc := range []struct {
		record trace.Record
		want   string
	}{
		{trace.Record{PeerName: unknown, Pipe: 3}, "messenger=osd.0 pipe=3"},
		{trace.Record{}, "messenger=osd.0"},
		{trace.Record{PeerName: unknown, Peer: addr, Pipe: 3},
			"messenger=osd.0 peer=10.0.0.1:6800/5 pipe=3"},
		{trace.Record{PeerName: wire.Client(4), Connection: 9}, "messenger=osd.0 peer=client.4 " +
			"connection=9"},
		{trace.Record{PeerName: wire.Client(4), Peer: addr, Connection: 9, Pipe: 3},
			`messenger=osd.0 peer="client.4 10.0.0.1:6800/5" connection=9 pipe=3`},
	} {
		var out bytes.Buffer
		tc.record.Messenger, tc.record.Event = wire.OSD(0), trace.Unhandled{}
		trace.NewLogger(slog.New(slog.NewTextHandler(&out, nil))).Trace(tc.record)
		_, got, _ := strings.Cut(out.String(), "msg=unhandled ")
		got, _, _ = strings.Cut(got, " seq=")
		if got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}
