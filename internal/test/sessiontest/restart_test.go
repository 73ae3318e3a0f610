package sessiontest

import (
	"testing"
	"time"

	"simplemessenger/internal/test/race"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
)

// Endpoints crash and come back, under the same address or with a new nonce, while they talk. What
// may be lost is what a reset or a crash tells of; afterwards everything works.
func TestRestarts(t *testing.T) {
	seeds := 60
	if race.Enabled {
		seeds = 15
	}
	for _, pair := range simulator.Pairs {
		for _, newNonce := range []bool{false, true} {
			simulator.Seeds(t, seeds, func(seed uint64) {
				simulator.Run(t, memnet.Config{Seed: seed, MaxLatency: 3 * time.Millisecond},
					func(t *testing.T, w *simulator.World) {
						server, client := pair.Start(w)
						for range 40 {
							switch w.Random.IntN(8) {
							case 0, 1, 2:
								_ = client.Stream(client.Connect(server)).Send(1 + w.Random.IntN(3))
							case 3, 4:
								if c := server.Messenger.Lookup(client.Addr()); c != nil {
									_ = server.Stream(c).Send(1 + w.Random.IntN(3))
								} else if pair.Peers {
									_ = server.Stream(server.Connect(client)).Send(1)
								}
							case 5:
								w.Cut(server, client)
							case 6, 7:
								e := []*simulator.Endpoint{server, client}[w.Random.IntN(2)]
								e.Crash()
								if newNonce {
									e.Nonce += 7
								}
								w.Sleep(time.Duration(w.Random.Int64N(int64(time.Second))))
								e.Start()
							}
							w.Sleep(time.Duration(w.Random.Int64N(int64(50 * time.Millisecond))))
						}
						w.Sleep(time.Minute) // pauses between attempts
						recovers(w, client, server)
					})
			})
		}
	}
}
