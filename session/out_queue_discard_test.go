package session

import "testing"

// What the peer has is dropped from what is to be sent again. It has used up its numbers: those
// behind it keep theirs, and new messages go on above.
func TestDiscardRequeuedKeepsNumbers(t *testing.T) {
	for has := range uint64(5) {
		var q numbered
		for tid := range uint64(3) {
			q.push(&Message{TID: tid + 1}, nil)
			q.pop(true)
		}
		q.requeue()
		q.push(&Message{TID: 4}, nil)
		if n := q.discardRequeued(has); n != int(min(has, 3)) {
			t.Errorf("the peer has %d, discarded %d", has, n)
		}
		for want := min(has, 3) + 1; want <= 4; want++ {
			if e, ok := q.pop(true); !ok || e.message.TID != want || e.seq != want {
				t.Errorf("the peer has %d: want message %d under its number, got %d under %d", has,
					want, e.message.TID, e.seq)
			}
		}
	}
}
