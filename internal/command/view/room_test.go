package view

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/live"
	"simplemessenger/internal/command/view/recording"
)

// dropped returns which runs a run says that it has taken the place of.
func dropped(t *testing.T, r *runs, id string) string {
	t.Helper()
	recorder, err := r.find(id)
	if err != nil {
		t.Fatal(err)
	}
	steps, _, _ := recorder.Since(0, recording.MaxSteps)
	for _, s := range steps {
		if _, names, found := strings.Cut(s.Text, "these runs were dropped: "); found {
			return names
		}
	}
	return ""
}

func TestOldRunsMakeRoom(t *testing.T) {
	r := newRuns(context.Background(), Options{})
	defer r.close()
	for i := range maxRuns + 2 {
		id, err := r.start(make([]engine.Engine, 2))
		if err != nil {
			t.Fatal(err)
		}
		names := dropped(t, r, id)
		if i < maxRuns && names != "" {
			t.Errorf("%s has dropped %s", id, names)
		} else if i >= maxRuns && !strings.HasPrefix(names, fmt.Sprintf("live-%d.", i-maxRuns+1)) {
			t.Errorf("%s says of what it has dropped %q", id, names)
		}
	}
	if n := len(r.list()); n != maxRuns {
		t.Errorf("%d runs", n)
	}
}

// Runs also make room for what they take in memory.
func TestLargeRunsMakeRoom(t *testing.T) {
	large := recording.Step{Text: strings.Repeat("x", maxKept/3)}
	var o Options
	for _, id := range []string{"a", "b", "c", "d"} {
		o.Runs = append(o.Runs, recording.Recorded{Run: recording.Run{ID: id},
			Steps: []recording.Step{large}})
	}
	r := newRuns(context.Background(), o)
	defer r.close()
	id, err := r.start(make([]engine.Engine, 2))
	if err != nil {
		t.Fatal(err)
	}
	if names := dropped(t, r, id); !strings.HasPrefix(names, "a, b.") {
		t.Errorf("it says of what it has dropped %q", names)
	}
	if n := len(r.list()); n != 3 {
		t.Errorf("%d runs", n)
	}
}

// Who asks for too much is told so.
func TestLimitsAreTold(t *testing.T) {
	s := serve(t, Options{})
	command := func(body string, want int) string {
		t.Helper()
		status, text := s.ask("POST", "command", `{"run":"live-1",`+body+`}`, "Origin", s.origin(),
			"Content-Type", "application/json")
		if status != want {
			t.Fatalf("%s: %d, want %d: %s", body, status, want, text)
		}
		return text
	}
	command(`"do":"hold-acks"`, 204)
	command(`"do":"stall"`, 204)
	send := fmt.Sprintf(`"do":"send","lane":"osd.1","to":"osd.0","count":%d`, live.MaxCount)
	for range live.MaxWaiting/live.MaxCount - 1 {
		command(send, 204)
	}
	command(strings.Replace(send, "1000", "990", 1), 204) // two of before may not be acked
	if text := command(send, 409); !strings.Contains(text, "at most 2000 can") {
		t.Error(text)
	}
}
