package protocol_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/protocol"
)

// What ends, in order: O an open session, A an attempt; p before it says that something got
// through, or that it was open for long.
func TestPauseAfter(t *testing.T) {
	const initial, longest = 200 * time.Millisecond, 15 * time.Second
	for script, want := range map[string][]float64{
		"O":           {0},
		"A":           {0.2},
		"OOOOOOOOOO":  {0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15},
		"AAAAAAAAA":   {0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15},
		"OAAA":        {0, 0.2, 0.4, 0.8},
		"AAAO":        {0.2, 0.4, 0.8, 1.6}, // to open a session is no progress
		"AAApO":       {0.2, 0.4, 0.8, 0},
		"pOpOpOpO":    {0, 0, 0, 0},
		"OOOpOOO":     {0, 0.2, 0.4, 0, 0.2, 0.4},
		"AOAOAO":      {0.2, 0.4, 0.8, 1.6, 3.2, 6.4},
		"OOOOpAAA":    {0, 0.2, 0.4, 0.8, 0.2, 0.4, 0.8},
		"OOOOOOOOOpO": {0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 0},
	} {
		var got []float64
		fruitless := 0
		for _, what := range script {
			if what == 'p' {
				fruitless = 0
				continue
			}
			var pause time.Duration
			pause, fruitless = protocol.PauseAfter(what == 'O', fruitless, initial, longest)
			got = append(got, pause.Seconds())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", script, diff)
		}
	}
}

// Whatever the options are, the pause stays within them and the count does not turn back.
func TestPauseAfterKeepsItsPromises(t *testing.T) {
	for _, initial := range []time.Duration{1, time.Millisecond, time.Second, time.Hour,
		math.MaxInt64} {
		for _, longest := range []time.Duration{1, time.Second, time.Hour, math.MaxInt64} {
			for _, fruitless := range []int{0, 1, 2, 3, 62, 63, 64, 65, 1000, math.MaxInt32} {
				for _, opened := range []bool{false, true} {
					pause, next := protocol.PauseAfter(opened, fruitless, initial, longest)
					free := opened && fruitless == 0
					if pause < 0 || pause > longest || (pause == 0) != free || next <= fruitless {
						t.Errorf("opened %v, %d fruitless, %v to %v: %v, %d", opened, fruitless,
							initial, longest, pause, next)
					}
				}
			}
		}
	}
}
