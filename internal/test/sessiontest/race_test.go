package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/internal/test/race"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/protocol"
	"simplemessenger/trace"
)

// Two peers that connect to each other at the same time, in every order in which their dials can
// arrive.

var bothPeers = []simulator.Pair{simulator.Peers, simulator.PeerReuse}

// oneSession expects that two peers have one open session, and that both of its directions work.
func oneSession(t *testing.T, w *simulator.World, a, b *simulator.Endpoint) {
	t.Helper()
	for _, e := range []*simulator.Endpoint{a, b} {
		pipes := e.Messenger.Dump().Pipes
		if len(pipes) != 1 || pipes[0].State != "OPEN" {
			t.Errorf("%v: pipes %+v", e, pipes)
		}
	}
	if n := len(w.Net.Conns()); n != 1 {
		t.Errorf("%d sockets", n)
	}
}

func TestRaceInBothOrders(t *testing.T) {
	for _, swapped := range []bool{false, true} { // who has the lower address
		for _, first := range []int{0, 1} {
			eachPair(t, bothPeers, func(t *testing.T, w *simulator.World, pair simulator.Pair) {
				a, b := pair.Endpoints(w)
				if swapped {
					a.Nonce, b.Nonce = b.Nonce, a.Nonce
				}
				a.Start()
				b.Start()
				w.Net.HoldDials()
				there, back := a.Stream(a.Connect(b)), b.Stream(b.Connect(a))
				must(t, there.Send(3))
				must(t, back.Send(3))
				w.Settle()
				held := w.Net.HeldDials()
				if len(held) != 2 {
					t.Fatalf("%d dials", len(held))
				}
				w.Net.ReleaseDial(held[first].Index())
				w.Settle()
				w.Net.ReleaseDials()
				w.Sleep(time.Minute)
				if there.Delivered() != 3 || back.Delivered() != 3 {
					t.Errorf("%s: delivered %d and %d", pair.Name, there.Delivered(),
						back.Delivered())
				}
				oneSession(t, w, a, b)
				if n := count[trace.SessionReset](w); n != 0 {
					t.Errorf("%s: %d sessions reset", pair.Name, n)
				}
			})
		}
	}
}

// The same with latencies, so that the handshakes meet at every step of each other.
func TestRaceAtEveryStep(t *testing.T) {
	met := map[protocol.Case]int{}
	for _, pair := range bothPeers {
		simulator.Seeds(t, 200, func(seed uint64) {
			simulator.Run(t, memnet.Config{Seed: seed, MaxLatency: 4 * time.Millisecond},
				func(t *testing.T, w *simulator.World) {
					a, b := pair.Start(w)
					there := a.Stream(a.Connect(b))
					w.Sleep(time.Duration(w.Random.Int64N(int64(8 * time.Millisecond))))
					back := b.Stream(b.Connect(a))
					must(t, there.Send(3))
					must(t, back.Send(3))
					w.Sleep(time.Minute)
					if there.Delivered() != 3 || back.Delivered() != 3 {
						t.Errorf("%s: delivered %d and %d", pair.Name, there.Delivered(),
							back.Delivered())
					}
					oneSession(t, w, a, b)
					if n := count[trace.SessionReset](w); n != 0 {
						t.Errorf("%s: %d sessions reset", pair.Name, n)
					}
					for _, d := range trace.Of[trace.Decided](w.Records.Records()) {
						met[d.Case]++
					}
				})
		})
	}
	for _, c := range []protocol.Case{protocol.CaseNew, protocol.CaseRaceIncomingWins,
		protocol.CaseRaceExistingWins} {
		if met[c] == 0 {
			t.Errorf("no race was decided by %q: %v", c, met)
		}
	}
}

// Peers that never restart lose nothing and are told of no reset, whatever the network does: cuts,
// half-open sockets, partitions, dials that arrive late.
func TestPeersSurviveTheNetwork(t *testing.T) {
	seeds := 150
	if race.Enabled {
		seeds = 30
	}
	simulator.Seeds(t, seeds, func(seed uint64) {
		simulator.Run(t, memnet.Config{Seed: seed, MaxLatency: 5 * time.Millisecond},
			func(t *testing.T, w *simulator.World) {
				a, b := simulator.Peers.Start(w)
				there, back := a.Stream(a.Connect(b)), b.Stream(b.Connect(a))
				var heal func()
				for range 60 {
					switch w.Random.IntN(12) {
					case 0, 1, 2:
						must(t, there.Send(1+w.Random.IntN(3)))
					case 3, 4, 5:
						must(t, back.Send(1+w.Random.IntN(3)))
					case 6:
						w.Cut(a, b)
					case 7:
						for _, c := range w.Net.Conns() {
							stream := c.ClientToServer()
							if w.Random.IntN(2) == 0 {
								stream = c.ServerToClient()
							}
							[]func(){stream.Cut, stream.CloseWrite,
								stream.Stall}[w.Random.IntN(3)]()
						}
					case 8:
						if heal == nil {
							heal = w.Partition(a, b)
						}
					case 9:
						if heal != nil {
							heal()
							heal = nil
						}
					case 10:
						w.Net.HoldDials()
					case 11:
						w.Net.ReleaseDials()
					}
					w.Sleep(time.Duration(w.Random.Int64N(int64(300 * time.Millisecond))))
				}
				if heal != nil {
					heal()
				}
				w.Net.ReleaseDials()
				w.Sleep(20 * time.Minute) // stalled sockets run into the read timeout
				must(t, there.Send(1))
				must(t, back.Send(1))
				w.Drain()
				if there.Delivered() != there.Sent() || back.Delivered() != back.Sent() {
					t.Errorf("%d of %d and %d of %d delivered", there.Delivered(), there.Sent(),
						back.Delivered(), back.Sent())
				}
				for _, e := range []*simulator.Endpoint{a, b} {
					for _, event := range e.Events() {
						if event.Kind.String() == "remote_reset" ||
							event.Kind.String() == "reset" &&
								event.Connection.IsAlive() {
							t.Errorf("%v was told of a %v", e, event.Kind)
						}
					}
				}
			})
	})
}
