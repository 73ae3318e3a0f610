package protocol_test

import (
	"testing"

	"simplemessenger/protocol"
)

func TestDepart(t *testing.T) {
	const (
		later, word = protocol.DepartLater, protocol.DepartByWord
		once, told  = protocol.DepartAtOnce, protocol.DepartAsTold
	)
	for _, row := range []struct {
		state protocol.State
		// lossless with something left, and empty; lossy the same
		want [4]protocol.Departure
	}{
		{protocol.Connecting, [4]protocol.Departure{later, once, later, once}},
		{protocol.Standby, [4]protocol.Departure{later, once, later, once}},
		{protocol.Wait, [4]protocol.Departure{later, once, later, once}},
		{protocol.Open, [4]protocol.Departure{later, word, word, word}},
		{protocol.Closing, [4]protocol.Departure{told, told, told, told}},
	} {
		for i, want := range row.want {
			lossy, empty := i >= 2, i%2 == 1
			if got := protocol.Depart(row.state, lossy, empty); got != want {
				t.Errorf("%v, lossy %v, empty %v: %d, want %d", row.state, lossy, empty, got, want)
			}
		}
	}
}
