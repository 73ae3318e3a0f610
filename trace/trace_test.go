package trace_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/trace"
	"simplemessenger/wire"
)

func record(e trace.Event) trace.Record {
	return trace.Record{Messenger: wire.OSD(0), Pipe: 7, PeerName: wire.Client(3), Event: e}
}

func TestRecorderFindsWhatCameAndWhatComes(t *testing.T) {
	var r trace.Recorder
	acked := func(seq uint64) func(trace.Record) bool {
		return func(rec trace.Record) bool {
			e, ok := rec.Event.(trace.Acked)
			return ok &&
				e.Seq == seq
		}
	}
	later := r.Expect(acked(2))
	r.Trace(record(trace.Acked{Seq: 1}))
	select {
	case <-later:
		t.Fatal("found what has not come")
	default:
	}
	r.Trace(record(trace.Acked{Seq: 2}))
	for _, found := range []<-chan trace.Record{later, r.Expect(acked(1))} {
		select {
		case <-found:
		default:
			t.Error("not found")
		}
	}
	if got := trace.Of[trace.Acked](r.Records()); !cmp.Equal(got,
		[]trace.Acked{{Seq: 1}, {Seq: 2}}) {
		t.Errorf("recorded %v", got)
	}
}

func TestMultiLeavesNilOut(t *testing.T) {
	if trace.Multi(nil, nil) != nil {
		t.Error("nothing should be nothing")
	}
	var a, b trace.Recorder
	trace.Multi(&a, nil, &b).Trace(record(trace.CloseSent{}))
	if len(a.Records()) != 1 || len(b.Records()) != 1 {
		t.Error("not both were told")
	}
}

func TestCounters(t *testing.T) {
	var c trace.Counters
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, e := range all {
				c.Trace(record(e))
			}
		})
	}
	wg.Wait()
	for _, e := range all {
		if n := c.Count(e.Name()); n != 4 {
			t.Errorf("%s: counted %d, want 4", e.Name(), n)
		}
	}
	if c.Count("never") != 0 {
		t.Error("counted what never was")
	}
	s := c.Snapshot()
	if diff := cmp.Diff(map[string]uint64{"READY": 4, "MSG": 4, "ACK": 4, "KEEPALIVE2": 4,
		"CLOSE": 4}, s.FramesSent); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]uint64{"WAIT": 4, "MSG": 4, "ACK": 4, "KEEPALIVE2_ACK": 4,
		"CLOSE": 4}, s.FramesRcvd); diff != "" {
		t.Error(diff)
	}
	if s.BytesSent != 20 || s.BytesReceived != 28 {
		t.Errorf("bytes %d and %d, want 20 and 28", s.BytesSent, s.BytesReceived)
	}
}

func TestLoggerNamesPeerAndStep(t *testing.T) {
	var out bytes.Buffer
	log := trace.NewLogger(slog.New(slog.NewTextHandler(&out,
		&slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, e := range all {
		out.Reset()
		log.Trace(record(e))
		line := out.String()
		for _, want := range []string{"msg=" + e.Name(), "messenger=osd.0", "client.3", "pipe=7",
			"level=" + trace.Level(e).String()} {
			if !strings.Contains(line, want) {
				t.Errorf("%T: no %q in %s", e, want, line)
			}
		}
	}
	out.Reset()
	log.Trace(record(all[26])) // the fault
	for _, want := range []string{"level=WARN", `stage="read tag"`, "err=EOF", "next=CLOSED"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
}

func TestLoggerKeepsToItsLevel(t *testing.T) {
	var out bytes.Buffer
	log := trace.NewLogger(slog.New(slog.NewTextHandler(&out, nil)))
	log.Trace(record(trace.MessageSent{}))
	if out.Len() > 0 {
		t.Errorf("a frame was logged above debug level: %s", out.String())
	}
}

func ExampleRecorder() {
	var recorder trace.Recorder
	opened := recorder.Expect(func(r trace.Record) bool {
		_,
			ok := r.Event.(trace.Opened)
		return ok
	})
	// ... Config.Pipe.Tracer = &recorder, and the messenger would call:
	recorder.Trace(trace.Record{Event: trace.Opened{ConnectSeq: 1}})
	<-opened
}
