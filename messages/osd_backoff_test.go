package messages_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/messages"
	"simplemessenger/wire"
)

// realBackoffs are what osd.0 of Ceph 14.2.21 and of 16.2.15 sent when osd.1 was killed and when it
// came back. The range is a whole PG.
var realBackoffs = []struct {
	front string
	want  messages.OSDBackoff // without the range
}{
	{"01011200000001010000000000000001000000ffffffffff140000000101000000000000000403210000000000000000000000000000000000000001000000000000000001000000000000000403210000000000000000000000feffffffffffffff0300000000000000000100000000000000",
		messages.OSDBackoff{PG: messages.PG{Pool: 1, Seed: 1}, Shard: -1, MapEpoch: 20,
			Op: messages.BackoffBlock, ID: 1}},
	{"01011200000001010000000000000001000000ffffffffff150000000301000000000000000403210000000000000000000000000000000000000001000000000000000001000000000000000403210000000000000000000000feffffffffffffff0300000000000000000100000000000000",
		messages.OSDBackoff{PG: messages.PG{Pool: 1, Seed: 1}, Shard: -1, MapEpoch: 21,
			Op: messages.BackoffUnblock, ID: 1}},
	{"01011200000001020000000000000001000000ffffffffff170000000101000000000000000403210000000000000000000000000000000000000001000000000000000002000000000000000403210000000000000000000000feffffffffffffff0300000000000000000200000000000000",
		messages.OSDBackoff{PG: messages.PG{Pool: 2, Seed: 1}, Shard: -1, MapEpoch: 23,
			Op: messages.BackoffBlock, ID: 1}},
	{"01011200000001020000000000000001000000ffffffffff180000000301000000000000000403210000000000000000000000000000000000000001000000000000000002000000000000000403210000000000000000000000feffffffffffffff0300000000000000000200000000000000",
		messages.OSDBackoff{PG: messages.PG{Pool: 2, Seed: 1}, Shard: -1, MapEpoch: 24,
			Op: messages.BackoffUnblock, ID: 1}},
}

func TestRealOSDBackoffRoundTrip(t *testing.T) {
	for _, real := range realBackoffs {
		front, err := hex.DecodeString(real.front)
		if err != nil {
			t.Fatal(err)
		}
		var m messages.OSDBackoff
		if err := m.Decode(messages.OSDBackoffVersion, front); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(front, m.Append(nil)); diff != "" {
			t.Error(diff)
		}
		m.Range = nil
		if diff := cmp.Diff(real.want, m); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOSDBackoffDamage(t *testing.T) {
	m := messages.OSDBackoff{PG: messages.PG{Pool: 1, Seed: 2}, Shard: -1, MapEpoch: 3,
		Op: messages.BackoffUnblock, ID: 4}
	front := m.Append(nil)
	for n := range front {
		if err := new(messages.OSDBackoff).Decode(messages.OSDBackoffVersion,
			front[:n:n]); !errors.Is(err, wire.ErrShort) {
			t.Errorf("%d of %d bytes: %v", n, len(front), err)
		}
	}
	if err := new(messages.OSDBackoff).Decode(messages.OSDBackoffVersion+1,
		front); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("next version: %v", err)
	}
}
