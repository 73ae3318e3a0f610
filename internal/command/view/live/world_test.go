package live

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/recording"
)

// chosen are the engines that the page offers for two messengers.
var chosen = []string{"simple simple", "async async", "simple async"}

func engines(t *testing.T, names string) []engine.Engine {
	t.Helper()
	var all []engine.Engine
	for _, name := range strings.Fields(names) {
		var e engine.Engine
		if err := e.Set(name); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// world runs a script in virtual time, with each choice of engines.
func world(t *testing.T, script func(t *testing.T, w *World)) {
	for _, names := range chosen {
		t.Run(strings.ReplaceAll(names, " ", "-"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, err := Start(context.Background(), Options{ID: "x", Engines: engines(t, names)})
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := w.Close(context.Background()); err != nil {
						t.Error(err)
					}
					if t.Failed() {
						t.Log(story(w))
					}
				}()
				script(t, w)
				settle()
				consistent(t, w)
			})
		})
	}
}

func do(t *testing.T, w *World, c Command) {
	t.Helper()
	if err := w.Do(context.Background(), c); err != nil {
		t.Fatalf("%s: %v\n%s", c.Do, err, story(w))
	}
}

// settle lets everything happen that is due within a while.
func settle() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func steps(w *World) []recording.Step {
	all, _, _ := w.Recorder.Since(0, recording.MaxSteps+1)
	return all
}

func story(w *World) string {
	var b strings.Builder
	for i, s := range steps(w) {
		if s.Kind != recording.Quiet {
			name := s.Name
			if s.Frame != nil {
				name = s.Frame.Name
			}
			fmt.Fprintf(&b, "%4d %8.3f %-8s %-6s %s %d %s: %s\n", i, s.At, s.Kind, s.Lane, s.To,
				s.Socket, name, s.Text)
		}
	}
	return b.String()
}

// has returns the steps of which f says so.
func has(w *World, f func(recording.Step) bool) (all []recording.Step) {
	for _, s := range steps(w) {
		if f(s) {
			all = append(all, s)
		}
	}
	return all
}

func named(name string) func(recording.Step) bool {
	return func(s recording.Step) bool {
		return s.Name == name || s.Frame != nil && s.Frame.Name == name
	}
}

// consistent compares what the recording says of sessions with what messengers say themselves, and
// looks for the arrival of every frame whose socket has not ended.
func consistent(t *testing.T, w *World) {
	t.Helper()
	for _, p := range w.peers {
		if p.messenger == nil {
			continue
		}
		got, want := map[string]string{}, map[string]string{}
		for _, s := range p.life.Pipes() {
			got[s.Key] = fmt.Sprintf("%s %d %d %d %d %d %d %s %s %s", s.State, s.InSeq,
				s.InSeqAcked, s.OutSeq, s.ConnectSeq, s.Queued, s.Sent, s.Reader, s.Writer, s.Event)
		}
		for _, d := range p.messenger.Dump().Pipes {
			s := d.Session
			if len(has(w, named("session_reset"))) > 0 {
				s.OutSeq = 0 // a session that begins anew begins at a number that only it knows
				for k := range got {
					got[k] = outSeq.ReplaceAllString(got[k], "$1 0 ")
				}
			}
			key := fmt.Sprintf("%v/%d/connection %d", p.name, p.lives, s.Connection)
			want[key] = fmt.Sprintf("%s %d %d %d %d %d %d %s %s %s", d.State, s.InSeq,
				s.InSeqAcked, s.OutSeq, s.ConnectSeq, s.Queued, s.Sent, d.ReaderStage,
				d.WriterStage, d.EventState)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-dump +recording):\n%s", p.name, diff)
		}
	}
	flying, ended := map[int]recording.Step{}, map[int]bool{}
	for i, s := range steps(w) {
		switch s.Kind {
		case recording.Frame:
			flying[i] = s
		case recording.Arrival:
			delete(flying, *s.Of)
		case recording.End:
			ended[s.Socket] = true
		}
	}
	for i, s := range flying {
		if !ended[s.Socket] {
			t.Errorf("step %d, %s %s, never arrives", i, s.Frame.Name, s.Text)
		}
	}
}

// outSeq is the fourth thing in what is compared.
var outSeq = regexp.MustCompile(`^(\S+ \d+ \d+) \d+ `)

func arrived(t *testing.T, w *World, of string, want int64) {
	t.Helper()
	settle()
	p, err := w.lane(of)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.arrived.Load(); got != want {
		t.Errorf("%s got %d messages, want %d", of, got, want)
	}
}

func TestConversation(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 3})
		arrived(t, w, "osd.0", 3)
		do(t, w, Command{Do: "send", Lane: "osd.0", To: "osd.1", Count: 2})
		arrived(t, w, "osd.1", 2)
		for name, want := range map[string]int{"BANNER": 2, "CONNECT": 1, "READY": 1, "MSG": 5} {
			if n := len(has(w, func(s recording.Step) bool {
				return s.Frame != nil && s.Frame.Name == name
			})); n != want {
				t.Errorf("%d frames %s, want %d", n, name, want)
			}
		}
		decided := has(w, named("decided"))
		if len(decided) != 1 || decided[0].Case != "new" || decided[0].Answer != "READY" {
			t.Errorf("decided %+v", decided)
		}
	})
}

func TestCut(t *testing.T) {
	for _, cut := range []string{"cut", "cut-frame"} {
		world(t, func(t *testing.T, w *World) {
			do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 3})
			settle()
			do(t, w, Command{Do: cut})
			do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 2})
			want := map[string]int64{"cut": 5, "cut-frame": 8}[cut]
			arrived(t, w, "osd.0", want)
			if len(has(w, named("SEQ"))) == 0 {
				t.Error("nobody says SEQ")
			}
		})
	}
}

func TestStall(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
		settle()
		do(t, w, Command{Do: "stall"})
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 2})
		arrived(t, w, "osd.0", 1)
		do(t, w, Command{Do: "resume"})
		arrived(t, w, "osd.0", 3)
	})
}

func TestRestart(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 3})
		settle()
		do(t, w, Command{Do: "restart", Lane: "osd.0"})
		settle()
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 2})
		arrived(t, w, "osd.0", 5)
		if len(has(w, named("RESETSESSION"))) == 0 || len(has(w, named("session_reset"))) == 0 {
			t.Error("no session is reset")
		}
	})
}

func TestRace(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		for range 3 {
			do(t, w, Command{Do: "race"})
			settle()
		}
		arrived(t, w, "osd.0", 3)
		arrived(t, w, "osd.1", 3)
		if len(has(w, func(s recording.Step) bool {
			return strings.HasPrefix(s.Case, "race")
		})) == 0 {
			t.Error("no row of the table speaks of a race")
		}
	})
}

func TestAcksAreHeldBack(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 1})
		settle()
		do(t, w, Command{Do: "hold-acks"})
		do(t, w, Command{Do: "send", Lane: "osd.1", To: "osd.0", Count: 5})
		arrived(t, w, "osd.0", 6)
		sent := func() int {
			n := 0
			for _, s := range w.peers[1].life.Pipes() {
				n += s.Sent
			}
			return n
		}
		if sent() != 5 || len(has(w, named("ack_held"))) == 0 {
			t.Errorf("%d messages are not acked, want 5", sent())
		}
		do(t, w, Command{Do: "release-acks"})
		settle()
		if sent() != 0 {
			t.Errorf("%d messages are still not acked", sent())
		}
	})
}

func TestThreeMessengers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		w, err := Start(context.Background(), Options{ID: "three", Record: &file,
			Engines: engines(t, "simple async simple")})
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range []string{"osd.0 osd.1", "osd.1 osd.2", "osd.2 osd.0"} {
			f := strings.Fields(pair)
			do(t, w, Command{Do: "send", Lane: f[0], To: f[1], Count: 2})
		}
		settle()
		do(t, w, Command{Do: "cut"})
		do(t, w, Command{Do: "restart", Lane: "osd.2"})
		settle()
		consistent(t, w)
		if err := w.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(file.String(), `{"recording":1,"id":"three"`) {
			t.Errorf("%.200s", file.String())
		}
		if err := w.Do(context.Background(), Command{Do: "cut"}); !errors.Is(err, ErrRefused) {
			t.Errorf("a command to a run that is over: %v", err)
		}
	})
}

func TestRefusedCommands(t *testing.T) {
	world(t, func(t *testing.T, w *World) {
		for _, c := range []Command{{}, {Do: "fly"}, {Do: "restart", Lane: "osd.7"},
			{Do: "send", Lane: "osd.0", To: "osd.0", Count: 1}, {Do: "cut-frame"},
			{Do: "send", Lane: "osd.0", To: "osd.1", Count: MaxCount + 1},
			{Do: "send", Lane: "osd.0", To: "osd.1"}, {Do: "send", Lane: "mds.0", To: "osd.1",
				Count: 1}} {
			if err := w.Do(context.Background(), c); !errors.Is(err, ErrRefused) {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
	if _, err := Start(context.Background(), Options{}); err == nil {
		t.Error("a world without messengers")
	}
}
