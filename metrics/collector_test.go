package metrics_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"simplemessenger/memnet"
	"simplemessenger/metrics"
	"simplemessenger/protocol"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// A client asks an osd ten times and leaves.
func TestConversation(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		osd, server := node(t, n, wire.OSD(0), "10.0.0.1", simplemsgr.StatelessServer(), true)
		m, client := node(t, n, wire.Client(1), "10.0.0.2", simplemsgr.LossyClient(), false)
		c, err := m.Connect(osd.Inst())
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if err := c.Send(&simplemsgr.Message{Type: 42, Front: make([]byte, 7)}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		during := gather(t, server)
		end(t, m)
		synctest.Wait()
		end(t, osd)
		after, asked := gather(t, server), gather(t, client)
		for _, tc := range []struct {
			name      string
			got, want float64
		}{
			{"received", value(during, "messages_received_total", "MOSDOp"), 10},
			{"received bytes", value(during, "message_received_bytes_total", "MOSDOp"), 70},
			{"sent", value(during, "messages_sent_total", "MOSDOpReply"), 10},
			{"sent bytes", value(during, "message_sent_bytes_total", "MOSDOpReply"), 30},
			{"resent", value(during, "messages_resent_total"), 0},
			{"open", value(during, "sessions", "stateless-server", "OPEN"), 1},
			{"standing by", value(during, "sessions", "stateless-server", "STANDBY"), 0},
			{"accepting", value(during, "sessions", "none", "ACCEPTING"), -1},
			{"opened", value(during, "sessions_opened_total", "accept"), 1},
			{"connected", value(during, "sessions_opened_total", "connect"), 0},
			{"decided", value(during, "decisions_total", "new"), 1},
			{"dispatched", value(during, "dispatches_total", "queue"), 10},
			{"dispatched fast", value(during, "dispatches_total", "fast"), 0},
			{"queued", value(during, "out_queue_messages"), 0},
			{"unacked", value(during, "unacked_messages"), 0},
			{"throttle", value(during, "throttle_limit", "dispatch"), 100 << 20},
			{"open, in the end", value(after, "sessions", "stateless-server", "OPEN"), 0},
			{"goodbye", value(after, "faults_total", "goodbye", "read tag"), 1},
			{"reset", value(after, "resets_total", "reset", "goodbye"), 1},
			{"reset of the client", value(asked, "resets_total", "reset", "stop"), 1},
			{"connected, the client", value(asked, "sessions_opened_total", "connect"), 1},
		} {
			if tc.got != tc.want {
				t.Errorf("%s: %v, want %v", tc.name, tc.got, tc.want)
			}
		}
		if h := during["simplemsgr_dispatch_latency_seconds"].GetMetric()[0].
			GetHistogram(); h.GetSampleCount() != 10 {
			t.Errorf("the histogram has %d dispatches, want 10", h.GetSampleCount())
		}
	})
}

// What waits to be written is shown; so are attempts in vain.
func TestQueues(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		m, c := node(t, n, wire.OSD(1), "10.0.0.2", simplemsgr.LosslessPeer(), false)
		n.Host("10.0.0.1") // where nobody listens
		addr, err := wire.ParseEntityAddr("10.0.0.1:6800/1")
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := m.Send(wire.EntityInst{Name: wire.OSD(0), Addr: addr},
				&simplemsgr.Message{Type: 42, Front: make([]byte, 88)}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		got := gather(t, c)
		for name, want := range map[string]float64{"out_queue_messages": 3,
			"out_queue_bytes": 3 * 88, "held_bytes": 3 * (88 + 512)} {
			if v := value(got, name); v != want {
				t.Errorf("%s is %v, want %v", name, v, want)
			}
		}
		if v := value(got, "sessions", "lossless-peer", "CONNECTING"); v != 1 {
			t.Errorf("%v sessions connect, want 1", v)
		}
		if v := value(got, "faults_total", "refused", "connect: dial"); v != 1 {
			t.Errorf("refused %v times, want 1", v)
		}
		end(t, m)
		if v := value(gather(t, c), "queue_dropped_messages_total"); v != 3 {
			t.Errorf("%v messages dropped, want 3", v)
		}
	})
}

// Names, units and help texts are as Prometheus wants them.
func TestLint(t *testing.T) {
	c := metrics.New(metrics.Options{})
	hostile(c, 1000)
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{})
	defer end(t, m)
	c.Watch(m)
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	problems, err := testutil.GatherAndLint(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// hostile has a collector see messages of n types, and a 16th as many of each other thing, all
// different from each other.
func hostile(c *metrics.Collector, n int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		number := uint16(i)
		c.Meter().CountSent(rnd.Uint64(), number, rnd.Uint64N(1000), true)
		c.Meter().CountReceived(rnd.Uint64(), number, rnd.Uint64N(1000))
		c.Meter().CountQueued(rnd.Uint64(), time.Duration(rnd.Int64()))
	}
	for i := range n / 16 {
		name := fmt.Sprintf("%d\xff{}\"\n", i)
		for _, e := range []trace.Event{
			trace.Faulted{Stage: protocol.Stage(i), Err: errors.New(name)},
			trace.Faulted{Stage: protocol.StageReadTag, Err: nil},
			trace.Decided{Case: protocol.Case(i), Reason: name},
			trace.EventQueued{Kind: name, Reason: name},
			trace.EventQueued{Kind: "reset", Reason: name},
			trace.AcceptFailed{Remote: name, Err: errors.New(name)},
			trace.MessageDropped{Reason: name}, trace.Stuck{What: name},
			trace.Evicted{Reason: name}, trace.Panicked{Entry: name},
			trace.ThrottleWaited{Throttle: name, Waited: time.Second},
			trace.SocketOpened{Remote: name}, trace.StateChanged{To: protocol.State(i)},
		} {
			c.Trace(trace.Record{Event: e, Pipe: uint64(i), PeerName: wire.Client(int64(i))})
		}
	}
}

// Whatever peers say, the number of series has a bound.
func TestLabelsAreBounded(t *testing.T) {
	own := map[uint16]string{}
	for i := range 2000 {
		own[uint16(i*7)] = fmt.Sprint("own ", i)
	}
	for name, o := range map[string]metrics.Options{"no types": {}, "too many": {Types: own}} {
		c := metrics.New(o)
		hostile(c, 1<<16) // each type once
		before := testutil.CollectAndCount(c)
		hostile(c, 1<<16)
		if after := testutil.CollectAndCount(c); after != before {
			t.Errorf("%s: %d series, and then %d", name, before, after)
		}
		got := gather(t, c)
		if n := len(got["simplemsgr_messages_sent_total"].GetMetric()); n > metrics.MaxTypes+1 {
			t.Errorf("%s: %d types", name, n)
		}
		if n := len(got["simplemsgr_throttle_wait_seconds_total"].GetMetric()); n !=
			metrics.MaxThrottles+1 {
			t.Errorf("%s: %d throttles, want %d and others", name, n, metrics.MaxThrottles)
		}
		// Each of the 256 numbers of a case or a stage came 32 times.
		cases := len(protocol.Cases())
		if v := value(got, "decisions_total", "other"); v != float64(32*(256-cases)) {
			t.Errorf("%s: %v decisions of no known case", name, v)
		}
		if v := value(got, "faults_total", "other", "read tag"); v != 1<<13+32 {
			t.Errorf("%s: %v faults of no known cause", name, v)
		}
	}
}

func TestOwnTypes(t *testing.T) {
	c := metrics.New(metrics.Options{Types: map[uint16]string{1000: "Put", 1001: "Get", 1002: "Get",
		42: "Renamed"}})
	for i, number := range []uint16{1000, 1001, 1002, 42, 43, 9999, 65535} {
		c.Meter().CountSent(uint64(i), number, 1<<i, false)
	}
	got := gather(t, c)
	for name, want := range map[string]float64{"Put": 1, "Get": 2 + 4, "Renamed": 8,
		"MOSDOpReply": 16, "other": 32 + 64, "MOSDOp": -1} {
		if v := value(got, "message_sent_bytes_total", name); v != want {
			t.Errorf("%s: %v bytes, want %v", name, v, want)
		}
	}
}

// Everybody counts at once, somebody looks meanwhile, and nothing is lost.
func TestCountingAtOnce(t *testing.T) {
	c := metrics.New(metrics.Options{})
	var all sync.WaitGroup
	for pipe := range uint64(8) {
		all.Go(func() {
			for range 1000 {
				c.Meter().CountSent(pipe, 42, 3, false)
				c.Trace(trace.Record{Event: trace.Faulted{Stage: protocol.StageReadTag,
					Err: io.EOF}})
			}
		})
	}
	all.Go(func() {
		for range 10 {
			testutil.CollectAndCount(c)
		}
	})
	all.Wait()
	got := gather(t, c)
	if m, b := value(got, "messages_sent_total", "MOSDOp"), value(got, "message_sent_bytes_total",
		"MOSDOp"); m != 8000 || b != 24000 {
		t.Errorf("%v messages of %v bytes, want 8000 and 24000", m, b)
	}
	if f := value(got, "faults_total", "eof", "read tag"); f != 8000 {
		t.Errorf("%v faults, want 8000", f)
	}
}
