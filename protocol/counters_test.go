package protocol_test

import (
	"math"
	"testing"

	"simplemessenger/protocol"
)

func TestCountersAtTheirEnds(t *testing.T) {
	const last32, last64 = math.MaxUint32, math.MaxUint64
	for n, want := range map[uint32]uint32{0: 1, 1: 2, math.MaxInt32: math.MaxInt32 + 1,
		last32 - 1: last32, last32: last32} {
		if got := protocol.NextConnectSeq(n); got != want {
			t.Errorf("connect_seq after %d: %d", n, got)
		}
	}
	for _, test := range [][3]uint32{{0, 0, 1}, {5, 0, 6}, {5, 5, 6}, {5, 9, 10}, {9, 5, 10},
		{last32 - 1, 0, last32}, {0, last32 - 1, last32},
		{last32, 0, last32}, {0, last32, last32}, {last32, last32, last32}} {
		if got := protocol.NextGlobalSeq(test[0], test[1]); got != test[2] {
			t.Errorf("global_seq after %d, %d seen: %d", test[0], test[1], got)
		}
	}
	for _, test := range []struct {
		connectSeq    uint32
		inSeq, outSeq uint64
		queued, want  bool
	}{
		{0, 0, 0, true, false}, {last32 - 1, last64 - 1, last64 - 1, true, false},
		{last32, 0, 0, false, true}, {1, last64, 0, false, true},
		{1, 0, last64, false, false}, {1, 0, last64, true, true},
	} {
		if got := protocol.Exhausted(test.connectSeq, test.inSeq, test.outSeq,
			test.queued); got != test.want {
			t.Errorf("%+v", test)
		}
	}
}
