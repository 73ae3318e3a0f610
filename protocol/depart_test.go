package protocol_test

import (
	"testing"
	"time"

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

func TestHearClose(t *testing.T) {
	for _, row := range []struct {
		sent, writing bool
		want          protocol.Farewell
	}{
		{false, false, protocol.FarewellAnswer},
		{false, true, protocol.FarewellAnswer},
		{true, true, protocol.FarewellBehind},
		{true, false, protocol.FarewellOver},
	} {
		if got := protocol.HearClose(row.sent, row.writing); got != row.want {
			t.Errorf("sent %v, writing %v: %d, want %d", row.sent, row.writing, got, row.want)
		}
	}
}

func TestAwaitEnd(t *testing.T) {
	const handshake, read = 30 * time.Second, 900 * time.Second
	for _, row := range []struct{ came, written, read, want time.Duration }{
		{0, 0, read, handshake},
		{read - 1, 0, read, handshake},
		{read, 0, read, 0},
		{100 * read, 0, -1, handshake},
		{read, 1, read, handshake - 1},
		{2 * read, handshake, read, 0},
		{2 * read, 2 * handshake, -1, 0},
	} {
		if got := protocol.AwaitEnd(row.came, row.written, handshake, row.read); got != row.want {
			t.Errorf("%+v: %v", row, got)
		}
	}
}
