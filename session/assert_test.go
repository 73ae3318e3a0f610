//go:build race || assertions

package session

import (
	"strings"
	"testing"
)

// A broken invariant names itself, the session, and what happened last.
func TestBrokenInvariant(t *testing.T) {
	e := &engine{id: 7}
	s := New(newBench(LosslessPeer()), peer, false)
	s.Attach(e)
	e.open(t, s, 0)
	for range 2 * historyLength {
		s.events.ackSent(3)
	}
	defer func() {
		text, _ := recover().(string)
		for _, want := range []string{"in_seq_acked is not beyond in_seq",
			"OPEN with osd.1 10.0.0.1:6800/7",
			"trace.AckSent{Seq:3}"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q:\n%s", want, text)
			}
		}
		if n := strings.Count(text, "trace."); n != historyLength {
			t.Errorf("%d events", n)
		}
		s.do(func() { s.numbers.InSeqAcked = 0 }) // the lock was given back
	}()
	s.do(func() { s.numbers.InSeqAcked = 1 })
}
