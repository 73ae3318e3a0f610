package sessiontest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/async"
	"simplemessenger/internal/test/race"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/protocol"
	"simplemessenger/session"
	"simplemessenger/simplemsgr"
	"simplemessenger/trace"
)

var differentialSeeds = flag.Int("differential-seeds", 150,
	"scripts of TestEnginesDoTheSame")

// engine is one of the two.
type engine struct {
	name string
	new  func(session.Host) session.Engine
}

var bothEngines = [...]engine{{"simple", pipe.New}, {"async", async.New}}

// sameAgain is how often the blocking engine is given the chance to do what the other one has done,
// where chance decides: two things happen at one moment, such as a fault and the taking of the next
// message. It does some of it in one of two thousand runs only. What it cannot do is never
// accepted.
const sameAgain = 10_000

// The same script, with the same faults, on both engines and crossed: the same is delivered, the
// same is told, and the same events of the protocol happen, in each step.
func TestEnginesDoTheSame(t *testing.T) {
	simple := bothEngines[0]
	seeds := uint64(*differentialSeeds)
	if race.Enabled {
		seeds = min(seeds, 30)
	}
	for seed := range seeds {
		want := differentialRun(t, seed, simple, simple)
		for _, a := range bothEngines {
			for _, b := range bothEngines {
				got := differentialRun(t, seed, a, b)
				one := want
				for try := 0; !slices.Equal(one, got) && try < sameAgain; try++ {
					one = differentialRun(t, seed, simple, simple)
				}
				if !slices.Equal(one, got) {
					t.Fatalf("seed %d, server %s, client %s (-both simple):\n%s", seed, a.name,
						b.name, cmp.Diff(strings.Join(want, ""), strings.Join(got, "")))
				}
			}
		}
	}
}

// differentialRun plays the script of a seed, and returns what came of it, step by step.
func differentialRun(t *testing.T, seed uint64, a, b engine) (log []string) {
	latency := memnet.Config{MinLatency: time.Millisecond}
	simulator.Run(t, latency, func(t *testing.T, w *simulator.World) {
		r := rand.New(rand.NewPCG(seed, 1))
		pair := simulator.Pairs[r.IntN(len(simulator.Pairs))]
		server, client := pair.Endpoints(w)
		for e, engine := range map[*simulator.Endpoint]engine{server: a, client: b} {
			e.Configure = func(c *simplemsgr.Config) { c.Engine = engine.new }
		}
		server.Start()
		client.Start()
		sides := []*simulator.Endpoint{client, server}
		streams := map[*simulator.Endpoint]*simulator.Stream{}
		seen := 0
		var numbers randomNumbers
		for step := range 6 {
			what := differentialStep(w, r, sides, streams)
			w.Sleep(2 * time.Minute) // whatever was begun is over
			w.Disarm()
			records := w.Records.Records()
			log = append(log, fmt.Sprintf("step %d: %s\n%s", step, what,
				eventsOf(records[seen:], &numbers)))
			seen = len(records)
		}
		end := ""
		for _, e := range sides {
			for _, p := range e.Messenger.Dump().Pipes {
				end += fmt.Sprintf("%v at the end: %s", e, p.State)
				if s := p.Session; s != nil {
					end += fmt.Sprintf(" connect_seq %d in_seq %s out_seq %s queued %d sent %d",
						s.ConnectSeq, numbers.name(s.InSeq), numbers.name(s.OutSeq), s.Queued,
						s.Sent)
				}
				end += "\n"
			}
		}
		log = append(log, end)
	})
	return log
}

// randomNumbers names numbers of messages by where they are behind a random first one, since that
// is another one in each run.
type randomNumbers struct{ first []uint64 }

func (r *randomNumbers) name(n uint64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	for i, first := range r.first {
		if n-first < 1000 {
			return fmt.Sprintf("random %d + %d", i, n-first)
		}
	}
	r.first = append(r.first, n)
	return fmt.Sprintf("random %d + 0", len(r.first)-1)
}

// faultStages are where a script lets a side fault.
var faultStages = slices.DeleteFunc(protocol.Stages(), func(s protocol.Stage) bool {
	switch s {
	case protocol.StageWriterWait, protocol.StageWriterBackoff, protocol.StageWriterStandby,
		protocol.StageWriterSentLimit:
		return true // not of a socket
	case protocol.StageReadTag:
		return true // comes at the same moment as the first write, and chance decides which fails
	default:
		return false
	}
})

// differentialStep does one thing, and says what.
func differentialStep(w *simulator.World, r *rand.Rand, sides []*simulator.Endpoint,
	streams map[*simulator.Endpoint]*simulator.Stream) string {
	side := r.IntN(2)
	self, other := sides[side], sides[1-side]
	if r.IntN(2) == 0 {
		stage := faultStages[r.IntN(len(faultStages))]
		w.Fault(simulator.At(self, stage))
		what := fmt.Sprintf("fault of %v at %v, ", self, stage)
		if r.IntN(2) == 0 { // or only stages of an open session come
			w.Cut(self, other)
			w.Settle()
			what += "cut, "
		}
		return what + differentialSend(w, r, sides[0], sides[1], streams)
	}
	switch r.IntN(6) {
	case 0:
		w.Cut(self, other)
		return "cut"
	case 1:
		if s := streams[self]; s != nil {
			self.MarkDown(s.Connection)
			delete(streams, self)
		}
		return fmt.Sprintf("%v marks down", self)
	case 2:
		sides[1].Restart()
		clear(streams)
		return "restart"
	}
	return differentialSend(w, r, sides[0], sides[1], streams)
}

func differentialSend(w *simulator.World, r *rand.Rand, self, other *simulator.Endpoint,
	streams map[*simulator.Endpoint]*simulator.Stream) string {
	n := 1 + r.IntN(4)
	s := streams[self]
	if s == nil || !s.Connection.IsAlive() {
		s = self.Stream(self.Connect(other))
		streams[self] = s
		w.Settle() // or chance would decide whether it finds something queued
	}
	var err error
	for i := 0; i < n && err == nil; i++ {
		err = s.Send(1)
		// or chance would decide which messages share a write, or an ack
		w.Sleep(10 * time.Millisecond)
	}
	return fmt.Sprintf("%v sends %d: %v", self, n, err)
}

// eventsOf returns how often each event of the protocol has happened at each side. Not what a
// goroutine was doing, how messages, acks and keepalives share writes, and whether a message was
// taken for writing before a fault was noticed: that is chance, on one engine too.
func eventsOf(records []trace.Record, numbers *randomNumbers) string {
	count := map[string]int{}
	for _, r := range records {
		what := ""
		switch e := r.Event.(type) {
		case trace.StageChanged, trace.AckSent, trace.Acked, trace.BackedOff, trace.Dispatched:
			continue
		case trace.KeepaliveSent, trace.KeepaliveReceived:
			continue
		case trace.MessageSent, trace.Requeued, trace.Discarded, trace.QueueDropped:
			continue
		case trace.Decided:
			what = fmt.Sprintf("decided %v", e.Case)
		case trace.StateChanged:
			what = fmt.Sprintf("state %v to %v", e.From, e.To)
		case trace.Faulted:
			what = fmt.Sprintf("faulted at %v, then %v", e.Stage, e.Next)
		case trace.MessageReceived:
			what = "received " + numbers.name(e.Header.Seq)
		case trace.ReplyReceived:
			what = fmt.Sprintf("reply %v", e.Reply.Tag)
		case trace.EventQueued:
			what = "event " + e.Kind
		default:
			what = strings.TrimPrefix(fmt.Sprintf("%T", e), "trace.")
		}
		count[fmt.Sprintf("  %v: %s", r.Messenger, what)]++
	}
	lines := make([]string, 0, len(count))
	for what, n := range count {
		lines = append(lines, fmt.Sprintf("%s × %d\n", what, n))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
