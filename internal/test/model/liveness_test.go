package model

import (
	"testing"
	"time"

	"simplemessenger/internal/test/race"
)

// No pair of states is without progress: from whatever has come about, once misfortune ceases and
// one direction of dialling works, both queues drain. Every state of these worlds is visited, and
// every run from it ends in a settled state, in which nothing that one of the sides can carry over
// is left.
func TestEveryStateMakesProgress(t *testing.T) {
	states := 0
	start := time.Now()
	for _, name := range []string{"lossless peer", "lossless peer reuse"} {
		for _, deaf := range [][2]bool{{true, false}, {false, true}} {
			for _, size := range livenessSizes() {
				c := Pair(name)
				c.Deaf, c.Impatient, c.GivesUp = deaf, true, true
				c.Messages = [2]int{size.low, size.high}
				c.Cuts, c.Disruptions, c.Contests = size.cuts, size.disruptions, size.contests
				states += explore(t, c).States
			}
		}
	}
	t.Logf("SUMMARY: model: %d states of peers of which one cannot connect, %.1f s: both queues "+
		"drain from each", states, time.Since(start).Seconds())
}

func livenessSizes() []size {
	switch {
	case testing.Short() || race.Enabled:
		return []size{{1, 1, 1, 1, 1}}
	case *largeFlag:
		return []size{{1, 1, 4, 2, 1}, {2, 2, 3, 1, 1}, {3, 3, 1, 1, 1}}
	}
	return []size{{1, 1, 3, 1, 1}, {2, 2, 2, 1, 1}}
}
