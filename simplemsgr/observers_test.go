package simplemsgr_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/memnet"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// metered has messages counted, and writes down what it is told besides.
type metered struct {
	trace.Recorder
	meter *trace.Meter
}

func (m *metered) Meter() *trace.Meter { return m.meter }

// conversation has a client ask a server n times, and returns the client's connection.
func conversation(t *testing.T, n *memnet.Network, asks int, observe trace.Tracer,
	server simplemsgr.Dispatcher) *simplemsgr.Connection {
	t.Helper()
	osd := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer(),
		func(c *simplemsgr.Config) { c.Pipe.Tracer = observe })
	osd.AddDispatcher(server)
	start(t, osd, "10.0.0.1:6800")
	client := start(t, node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient()), "")
	c, err := client.Connect(osd.Inst())
	if err != nil {
		t.Fatal(err)
	}
	for range asks {
		if err := c.Send(&simplemsgr.Message{Type: 42, Front: make([]byte, 10)}); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
	return c
}

// Messages are counted in a meter, whose owner gets records of what does not come with each;
// another tracer beside it gets all.
func TestMeterCountsWithoutRecords(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		// Type 42, of the questions, is class 1; the answers are of another.
		watcher := &metered{meter: trace.NewMeter(2, append(make([]uint16, 42), 1))}
		var recorder trace.Recorder
		busy := simplemsgr.DispatcherFunc(func(m *simplemsgr.Message) bool {
			time.Sleep(time.Second) // the next one waits
			return m.Connection().Send(&simplemsgr.Message{Type: 43, Front: make([]byte, 3)}) == nil
		})
		conversation(t, n, 2, trace.Multi(&recorder, watcher), busy)
		time.Sleep(3 * time.Second)
		want := trace.MeterSnapshot{
			Sent:     []trace.Flow{{Messages: 2, Bytes: 6}, {}},
			Received: []trace.Flow{{}, {Messages: 2, Bytes: 20}},
			Queued: trace.Waits{Count: 2, Zero: 1, Sum: time.Second,
				Buckets: map[int]uint64{0: 1}},
		}
		if diff := cmp.Diff(want, watcher.meter.Snapshot()); diff != "" {
			t.Error(diff)
		}
		if len(trace.Of[trace.Opened](watcher.Records())) != 1 {
			t.Error("the owner of the meter was not told that the session is open")
		}
		for _, r := range watcher.Records() {
			if trace.Frequent(r.Event) {
				t.Errorf("the owner of the meter got a record of %s", r.Event.Name())
			}
		}
		all := recorder.Records()
		if len(trace.Of[trace.MessageReceived](all)) != 2 ||
			len(trace.Of[trace.MessageSent](all)) != 2 ||
			len(trace.Of[trace.Dispatched](all)) != 2 {
			t.Error("the recorder beside it has not got each message")
		}
	})
}

// Who turns debugging on while the messenger runs sees messages from the next event on that is none
// of a message.
func TestLevelMayChange(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var level slog.LevelVar
		var log bytes.Buffer
		logger := trace.NewLogger(slog.New(slog.NewTextHandler(&log,
			&slog.HandlerOptions{Level: &level})))
		c := conversation(t, n, 1, logger, simplemsgr.DispatcherFunc(
			func(*simplemsgr.Message) bool { return true }))
		level.Set(slog.LevelDebug)
		if strings.Contains(log.String(), "message_received") {
			t.Errorf("at information level:\n%s", &log)
		}
		if err := c.SendKeepalive(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := c.Send(&simplemsgr.Message{Type: 42}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !strings.Contains(log.String(), "message_received") {
			t.Errorf("at debug level:\n%s", &log)
		}
	})
}

// fast takes messages in the reader.
type fast struct{ got atomic.Int32 }

func (f *fast) Dispatch(*simplemsgr.Message) bool        { return false }
func (f *fast) CanFastDispatch(*simplemsgr.Message) bool { return true }
func (f *fast) FastDispatch(*simplemsgr.Message)         { f.got.Add(1) }

func TestMeterCountsFastDispatches(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		watcher, server := &metered{meter: trace.NewMeter(1, nil)}, new(fast)
		conversation(t, n, 3, watcher, server)
		if s := watcher.meter.Snapshot(); s.Fast != 3 || s.Queued.Count != 0 ||
			server.got.Load() != 3 {
			t.Errorf("counted %d fast dispatches and %d others, want 3 and 0", s.Fast,
				s.Queued.Count)
		}
	})
}

// A client that resets its socket while nothing is under way has left: the server of a lossy
// session takes it so, and nobody else does.
func TestResetOfAnIdleSocketIsAGoodbye(t *testing.T) {
	for name, tc := range map[string]struct {
		server, client simplemsgr.Policy
		goodbye        bool
	}{
		"lossy":    {simplemsgr.StatelessServer(), simplemsgr.LossyClient(), true},
		"lossless": {simplemsgr.StatefulServer(), simplemsgr.LosslessClient(), false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *memnet.Network) {
				var at [2]trace.Recorder
				watch := func(r *trace.Recorder) func(*simplemsgr.Config) {
					return func(c *simplemsgr.Config) { c.Pipe.Tracer = r }
				}
				osd := start(t, node(t, n, wire.OSD(0), "10.0.0.1", tc.server, watch(&at[0])),
					"10.0.0.1:6800")
				client := start(t, node(t, n, wire.Client(1), "10.0.0.2", tc.client, watch(&at[1])),
					"")
				connect(t, client, osd.Inst())
				synctest.Wait()
				n.Conns()[0].Reset()
				synctest.Wait()
				for i, want := range []bool{tc.goodbye, false} {
					faults := trace.Of[trace.Faulted](at[i].Records())
					if slices.ContainsFunc(faults, func(f trace.Faulted) bool {
						return f.Goodbye
					}) != want {
						t.Errorf("side %d: %+v, want goodbye %v", i, faults, want)
					}
				}
			})
		})
	}
}

// What is told of a session has the number of the connection that its user holds.
func TestRecordsAndConnectionsShareANumber(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var recorder trace.Recorder
		ids := make(chan uint64, 1)
		conversation(t, n, 1, &recorder, simplemsgr.DispatcherFunc(
			func(m *simplemsgr.Message) bool {
				ids <- m.Connection().ID()
				panic(errBoom) // told with the number, and ends the session
			}))
		id := <-ids
		seen := map[string]uint64{}
		for _, r := range recorder.Records() {
			seen[r.Event.Name()] = r.Connection
		}
		for name, want := range map[string]uint64{
			"socket_opened": 0, "connect_received": 0, // not let in yet
			"opened": id, "message_received": id, "dispatched": id, "panicked": id,
			"event_queued": id,
		} {
			if got, ok := seen[name]; !ok || got != want {
				t.Errorf("%s: connection %d (%v), want %d", name, got, ok, want)
			}
		}
		queued := trace.Of[trace.EventQueued](trace.OfConnection(recorder.Records(), id))
		if last := queued[len(queued)-1]; last.Kind != "reset" || last.Reason != "panic" {
			t.Errorf("the last event is %+v", last)
		}
	})
}

// undecided panics when it is asked what it wants.
type undecided struct {
	trace.Recorder
	asked atomic.Int32
}

func (u *undecided) WantsFrequent() bool {
	if u.asked.Add(1) > 1 { // not yet when it is configured
		panic(errBoom)
	}
	return false
}

// A tracer that panics when it is asked is not asked again.
func TestSparingThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		var recorder trace.Recorder
		tracer := new(undecided)
		conversation(t, n, 3, trace.Multi(tracer, &recorder), simplemsgr.DispatcherFunc(
			func(*simplemsgr.Message) bool { return true }))
		if n := tracer.asked.Load(); n != 2 {
			t.Errorf("asked %d times, want 2", n)
		}
		all := recorder.Records()
		if p := trace.Of[trace.Panicked](all); len(p) != 1 || p[0].Entry != "trace.Sparing" {
			t.Errorf("told of %v", p)
		}
		if n := len(trace.Of[trace.MessageReceived](all)); n != 3 {
			t.Errorf("%d messages received, want 3", n)
		}
	})
}
