package timeline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"simplemessenger/internal/command/timeline"
	"simplemessenger/protocol"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

func record(who wire.EntityName, e trace.Event) trace.Record {
	return trace.Record{Time: time.Now(), Messenger: who, Event: e}
}

func TestColumnsColoursAndCuts(t *testing.T) {
	left, right := wire.OSD(1), wire.OSD(0)
	var out bytes.Buffer
	p := timeline.NewPrinter(&out, timeline.Options{Sides: []wire.EntityName{left, right},
		Width: 20})
	p.Trace(record(left, trace.AckSent{Seq: 5}))
	p.Trace(record(right, trace.Faulted{Stage: protocol.StageReadTag,
		Err: errors.New("something long"), Next: protocol.Standby}))
	p.Trace(record(left, trace.StateChanged{From: protocol.Open, To: protocol.Closed})) // a detail
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), out.String())
	}
	if before, after, _ := strings.Cut(lines[0],
		"│"); !strings.Contains(before, "→ ACK 5") || strings.TrimSpace(after) != "" {
		t.Errorf("left line: %q", lines[0])
	}
	if _, after, _ := strings.Cut(lines[1],
		"│"); !strings.HasSuffix(after, "…") || !strings.Contains(after, "fault (read tag)") {
		t.Errorf("right line: %q", lines[1])
	}
	out.Reset()
	p = timeline.NewPrinter(&out, timeline.Options{Color: true, Details: true})
	p.Trace(record(left, trace.StateChanged{From: protocol.Open, To: protocol.Closed}))
	if !strings.Contains(out.String(), "\x1b[") || !strings.Contains(out.String(),
		"OPEN → CLOSED") {
		t.Errorf("%q", out.String())
	}
}

func TestJSONLines(t *testing.T) {
	var out bytes.Buffer
	p := timeline.NewPrinter(&out, timeline.Options{JSON: true})
	p.Note("act one")
	p.Trace(record(wire.OSD(1), trace.ConnectSent{Connect: wire.Connect{ConnectSeq: 3,
		HostType: wire.EntityOSD}}))
	p.Trace(record(wire.OSD(1), trace.BackedOff{Delay: time.Second}))
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		lines = append(lines, o)
	}
	if len(lines) != 3 || lines[0]["note"] != "act one" || lines[1]["connect_seq"] != 3.0 ||
		lines[1]["host_type"] != "osd" || lines[2]["delay"] != "1s" {
		t.Errorf("%v", lines)
	}
}

// What a reader of the timeline looks for is marked.
func TestMarks(t *testing.T) {
	for _, tc := range []struct {
		event            trace.Event
		text             string
		alarm, milestone bool
	}{
		{trace.ReplyReceived{Reply: wire.ConnectReply{Tag: wire.TagResetSession}}, "RESETSESSION",
			true, false},
		{trace.ReplyReceived{Reply: wire.ConnectReply{Tag: wire.TagSeq, ConnectSeq: 2}},
			"SEQ connect_seq 2", false, true},
		{trace.ReplySent{Reply: wire.ConnectReply{Tag: wire.TagRetryGlobal, GlobalSeq: 9}},
			"RETRY_GLOBAL global_seq 9", true, false},
		{trace.MessageSent{Header: wire.MessageHeader{Seq: 4, Type: 2}, Resent: true},
			"MSG seq 4 MPing", false, true},
		{trace.MessageReceived{Header: wire.MessageHeader{Seq: 4, Type: 2}}, "MSG seq 4 MPing",
			false, false},
		{trace.Decided{Case: protocol.CaseFeatures, Answer: wire.TagFeatures, Reason: "no bit"},
			"no bit", true, false},
		{trace.EventQueued{Kind: "remote_reset"}, "remote_reset", true, false},
		{trace.EventQueued{Kind: "connect"}, "connect", false, false},
		{trace.Requeued{Messages: 3}, "3 unacked messages requeued", false, true},
	} {
		line, shown := timeline.Describe(tc.event)
		if !shown || !strings.Contains(line.Text, tc.text) || line.Alarm != tc.alarm ||
			line.Milestone != tc.milestone {
			t.Errorf("%#v: %+v, %v", tc.event, line, shown)
		}
	}
	if _, shown := timeline.Describe(trace.StageChanged{}); shown {
		t.Error("stages are too fine to be shown")
	}
}
