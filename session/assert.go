package session

import (
	"fmt"
	"strings"
	"sync"

	"simplemessenger/protocol"
	"simplemessenger/trace"
)

// Assertions are the invariants of a session, checked behind each transition: by every test that
// runs with the race detector, and wherever the build tag "assertions" is set. A broken one ends
// the process: it names itself, the session and its last events.

// invariants has a row for each: what must hold, and whether it does.
var invariants = [...]struct {
	name string
	hold func(*Session) bool
}{
	{"in_seq_acked is not beyond in_seq", func(s *Session) bool {
		return s.numbers.InSeqAcked <= s.numbers.InSeq
	}},
	{"the sent list is in order, without a gap, and ends with out_seq", func(s *Session) bool {
		sent := &s.out.sent
		n := sent.len()
		return n == 0 ||
			sent.at(n-1).seq == s.numbers.OutSeq && sent.at(0).seq == s.numbers.OutSeq-uint64(n-1)
	}},
	{"a requeued message keeps its number", func(s *Session) bool {
		first, ok := s.out.requeued.front()
		return !ok || s.out.sent.len() > 0 || first.seq == s.numbers.OutSeq+1
	}},
	{"what is queued is counted", func(s *Session) bool {
		return s.out.queued >= s.out.requeued.len() && s.out.bytes >= 0
	}},
	{"a session without a handle is ACCEPTING or CLOSED", func(s *Session) bool {
		return s.connection != nil || s.state == protocol.Accepting || s.state == protocol.Closed
	}},
	{"who is CLOSED has neither socket nor queue", func(s *Session) bool {
		return s.state != protocol.Closed ||
			s.link == nil && s.out.queued == 0 && s.out.sent.len() == 0
	}},
	{"who is CLOSED has ended", func(s *Session) bool {
		return s.ended.Load() == (s.state == protocol.Closed)
	}},
	{"who waits has no socket", func(s *Session) bool {
		return s.link == nil || s.state != protocol.Standby && s.state != protocol.Wait
	}},
	{"who is OPEN has a socket", func(s *Session) bool {
		return s.state != protocol.Open || s.link != nil
	}},
	{"who sleeps has a carrier", func(s *Session) bool { return !s.asleep || s.carrier != nil }},
}

// assertLocked panics over an invariant that does not hold.
func (s *Session) assertLocked() {
	for _, i := range invariants {
		if !i.hold(s) {
			panic(fmt.Sprintf("session: broken: %s: %v with %v: %+v\n%s", i.name, s.state, s.Peer(),
				s.numbers, s.history.String()))
		}
	}
}

// historyLength is how many events of a session are kept for who has to find out why an invariant
// is broken.
const historyLength = 20

// history is the latest events of a session.
type history struct {
	mu     sync.Mutex // a leaf
	latest [historyLength]string
	next   int
}

func (h *history) add(e trace.Event) {
	text := fmt.Sprintf("%T%+v", e, e)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.latest[h.next%historyLength] = text
	h.next++
}

// String returns the events, the oldest first.
func (h *history) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	for i := max(0, h.next-historyLength); i < h.next; i++ {
		b.WriteString(h.latest[i%historyLength])
		b.WriteByte('\n')
	}
	return b.String()
}
