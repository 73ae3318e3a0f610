package trace_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/trace"
)

// metered is a Recorder that has messages counted.
type metered struct {
	trace.Recorder
	meter *trace.Meter
}

func (m *metered) Meter() *trace.Meter { return m.meter }

// sparing is a Recorder that wants frequent events at times.
type sparing struct {
	trace.Recorder
	wants bool
}

func (s *sparing) WantsFrequent() bool { return s.wants }

func TestSplit(t *testing.T) {
	a, b := &metered{meter: trace.NewMeter(1, nil)}, &metered{meter: trace.NewMeter(1, nil)}
	var r, s trace.Recorder
	idle, eager := new(sparing), &sparing{wants: true}
	for _, tc := range []struct {
		name   string
		tracer trace.Tracer
		wanted bool
		meters int
	}{
		{"nothing", nil, false, 0},
		{"a recorder", &r, true, 0},
		{"a meter", a, false, 1},
		{"one that might have a meter", &metered{}, true, 0},
		{"one of each", trace.Multi(&r, a), true, 1},
		{"two of each, nested", trace.Multi(trace.Multi(&r, a), nil, &s, b), true, 2},
		{"one that does not want", idle, false, 0},
		{"one that does", eager, true, 0},
		{"both", trace.Multi(idle, eager), true, 0},
		{"one that does not, and a meter", trace.Multi(idle, a), false, 1},
		{"one that does not, and a recorder", trace.Multi(idle, &r), true, 0},
	} {
		frequent, meters := trace.Split(tc.tracer)
		if frequent.Wanted() != tc.wanted || len(meters) != tc.meters {
			t.Errorf("%s: wanted %v, %d meters, want %v and %d", tc.name, frequent.Wanted(),
				len(meters), tc.wanted, tc.meters)
		}
	}
}

func TestSparingIsAskedAgain(t *testing.T) {
	var r trace.Recorder
	s := new(sparing)
	frequent, _ := trace.Split(s)
	s.wants = true
	if frequent.Wanted() {
		t.Error("wanted before it was asked again")
	}
	frequent.Ask()
	if !frequent.Wanted() {
		t.Error("not wanted")
	}
	frequent.Trace(record(trace.MessageSent{}))
	s.wants = false
	frequent.Ask()
	if frequent.Wanted() || len(s.Records()) != 1 {
		t.Errorf("wanted %v, %d records", frequent.Wanted(), len(s.Records()))
	}
	frequent, _ = trace.Split(trace.Multi(s, &r))
	frequent.Trace(record(trace.MessageSent{}))
	if len(r.Records()) != 1 {
		t.Error("who always wants it has not got it")
	}
	frequent = nil
	frequent.Ask() // nobody
}

// A logger wants what it would write.
func TestLoggerIsSparing(t *testing.T) {
	var level slog.LevelVar
	logger, ok := trace.NewLogger(slog.New(slog.NewTextHandler(new(bytes.Buffer),
		&slog.HandlerOptions{Level: &level}))).(trace.Sparing)
	if !ok || logger.WantsFrequent() {
		t.Error("at information level it wants what it does not write")
	}
	if level.Set(slog.LevelDebug); !logger.WantsFrequent() {
		t.Error("at debug level it does not want what it writes")
	}
}

func TestFrequentIsWhatComesWithEachMessage(t *testing.T) {
	var names []string
	for _, e := range all {
		if !trace.Frequent(e) {
			continue
		}
		names = append(names, e.Name())
		if level := trace.Level(e); level != slog.LevelDebug {
			t.Errorf("%s is logged at %v", e.Name(), level)
		}
	}
	if diff := cmp.Diff([]string{"message_sent", "message_received", "ack_sent", "acked",
		"stage_changed", "dispatched"}, names); diff != "" {
		t.Error(diff)
	}
}
