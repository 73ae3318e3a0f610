package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"simplemessenger/dispatchqueue"
	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// complaints is a test that is meant to fail.
type complaints struct {
	testing.TB
	lines []string
}

func (c *complaints) Helper() {}
func (c *complaints) Errorf(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

// An oracle that sees nothing wrong would make every other test worthless: each kind of broken
// promise is shown to it once.
func TestOracleComplains(t *testing.T) {
	message := func(s *Stream, number uint64) *simplemsgr.Message {
		return &simplemsgr.Message{Type: MessageType, Front: label{wire.OSD(1), 1, s.id, 0,
			number}.append(nil)}
	}
	for _, test := range []struct {
		name   string
		script func(w *World, a, b *Endpoint, s *Stream, accepted *simplemsgr.Connection)
		want   string // in one of the complaints; none if empty
	}{
		{"all is well", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			for n := range uint64(3) {
				w.oracle.delivered(b, 1, message(s, n+1))
			}
		}, ""},
		{"twice", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			for _, n := range []uint64{1, 2, 2, 3} {
				w.oracle.delivered(b, 1, message(s, n))
			}
		}, "sent twice, or out of order"},
		{"out of order", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			for _, n := range []uint64{2, 1, 3} {
				w.oracle.delivered(b, 1, message(s, n))
			}
		}, "sent twice, or out of order"},
		{"made up", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			w.oracle.delivered(b, 1, &simplemsgr.Message{Type: MessageType, Front: []byte("?")})
			for n := range uint64(3) {
				w.oracle.delivered(b, 1, message(s, n+1))
			}
		}, "nobody sent"},
		{"a gap", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			w.oracle.delivered(b, 1, message(s, 1))
			w.oracle.delivered(b, 1, message(s, 3))
		}, "1 gaps, but only 0 resets"},
		{"the end is missing", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			w.oracle.delivered(b, 1, message(s, 1))
		}, "1 gaps, but only 0 resets"},
		{"two gaps and one reset", func(w *World, a, b *Endpoint, s *Stream,
			_ *simplemsgr.Connection) {
			receiver{a, 1}.HandleRemoteReset(s.Connection)
			w.Records.Trace(trace.Record{Messenger: a.Name, Event: trace.SessionReset{}})
			w.oracle.delivered(b, 1, message(s, 2))
		}, "2 gaps, but only 1 resets"},
		{"a gap and a reset", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			receiver{a, 1}.HandleRemoteReset(s.Connection)
			w.Records.Trace(trace.Record{Messenger: a.Name, Event: trace.SessionReset{}})
			w.oracle.delivered(b, 1, message(s, 3))
		}, ""},
		{"a gap and a crash", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			w.oracle.crashed(b)
			w.oracle.delivered(b, 1, message(s, 3))
		}, ""},
		{"a reset that nobody had", func(w *World, a, b *Endpoint, s *Stream,
			_ *simplemsgr.Connection) {
			receiver{a, 1}.HandleRemoteReset(s.Connection)
			w.oracle.delivered(b, 1, message(s, 3))
		}, "remote_reset happened 0 times and was told 1 times"},
		{"an opening that was not told", func(w *World, a, b *Endpoint, s *Stream,
			_ *simplemsgr.Connection) {
			w.Records.Trace(trace.Record{Messenger: b.Name, Event: trace.Opened{Incoming: true}})
			for n := range uint64(3) {
				w.oracle.delivered(b, 1, message(s, n+1))
			}
		}, "accept happened 2 times and was told 1 times"},
		{"two ends", func(w *World, a, b *Endpoint, s *Stream, accepted *simplemsgr.Connection) {
			receiver{b, 1}.HandleReset(accepted)
			w.oracle.delivered(b, 1, message(s, 1))
		}, "2 reset events"},
		{"told after the end", func(w *World, a, b *Endpoint, s *Stream,
			accepted *simplemsgr.Connection) {
			receiver{b, 1}.HandleReset(accepted)
			receiver{b, 1}.HandleAccept(accepted)
			w.Records.Trace(trace.Record{Messenger: b.Name, Event: trace.Opened{Incoming: true}})
		}, "accept was told after its reset"},
		{"no end", func(w *World, a, b *Endpoint, s *Stream, _ *simplemsgr.Connection) {
			b.log.seen(new(simplemsgr.Connection))
			for n := range uint64(3) {
				w.oracle.delivered(b, 1, message(s, n+1))
			}
		}, "0 reset events, marked down by the user: false"},
	} {
		Run(t, memnet.Config{}, func(t *testing.T, w *World) {
			b, a := Peers.Start(w)
			s := a.Stream(a.Connect(b))
			w.Settle()
			s.sent = 3
			heard := &complaints{TB: t}
			w.T = heard
			test.script(w, a, b, s, b.Accepted())
			w.oracle.close(true)
			a.stop()
			b.stop()
			// What is judged at the end, judged here; the world's own end has nothing left to see.
			w.oracle.verify()
			w.T = t
			w.oracle.streams, w.endpoints = nil, nil
			all := strings.Join(heard.lines, "\n")
			if test.want == "" && all != "" || !strings.Contains(all, test.want) {
				t.Errorf("%s: complaints %q, want %q", test.name, all, test.want)
			}
		})
	}
}

func TestLabel(t *testing.T) {
	want := label{wire.Client(-1), 2, 3, 4, 1 << 40}
	if got, ok := decodeLabel(want.append(nil)); !ok || got != want {
		t.Errorf("%+v became %+v", want, got)
	}
	if _, ok := decodeLabel(nil); ok {
		t.Error("nothing is a label")
	}
}

// A trap holds one pipe, and lets it go by Release, by the end of its socket, or by the end of the
// world.
func TestTraps(t *testing.T) {
	for _, end := range []string{"release", "cut", "world"} {
		Run(t, memnet.Config{}, func(t *testing.T, w *World) {
			server, client := Stateful.Start(w)
			trap := w.Hold(At(server, 1)) // the first stage there is
			c := client.Connect(server)
			<-trap.Sprung()
			w.Settle()
			if c.IsConnected() {
				t.Error("the trap held nobody")
			}
			switch end {
			case "release":
				trap.Release()
			case "cut":
				w.Cut(server, client)
				// the server has nothing to read yet, and notices nothing
				server.Messenger.MarkDownAll()
			default:
				return
			}
			w.Await("a connection", c.IsConnected)
			if client.Count(dispatchqueue.KindConnect) != 1 {
				t.Errorf("events %v", client.Kinds(nil))
			}
		})
	}
}

// The same seed gives the same world.
func TestSeedRepeats(t *testing.T) {
	story := func() (lines []string) {
		Run(t, memnet.Config{Seed: 7, MaxLatency: 5 * time.Millisecond},
			func(t *testing.T, w *World) {
				server, client := Stateful.Start(w)
				stream := client.Stream(client.Connect(server))
				for range 5 {
					if err := stream.Send(1); err != nil {
						t.Fatal(err)
					}
					w.Sleep(time.Duration(w.Random.Int64N(int64(20 * time.Millisecond))))
				}
				start := w.Records.Records()[0].Time
				for _, r := range w.Records.Records() {
					if _, ok := r.Event.(trace.MessageReceived); ok {
						lines = append(lines, fmt.Sprint(r.Messenger, r.Time.Sub(start)))
					}
				}
			})
		return lines
	}
	if first, second := story(),
		story(); len(first) != 5 || strings.Join(first, "; ") != strings.Join(second, "; ") {
		t.Errorf("two stories of one seed:\n%v\n%v", first, second)
	}
}
