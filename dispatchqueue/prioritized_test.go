package dispatchqueue

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever is done to it, the structure does as the model does.
func TestPrioritizedAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const maxTokens, minCost = 100, 10
		p := newPrioritized[string, int](maxTokens, minCost)
		m := newModel(maxTokens, minCost)
		ids := rapid.Uint64Range(0, 4)
		priorities := rapid.SampledFrom([]int{-3, 0, 1, 5, 5, 10, 10, 63, 64, 127, 255, 1000})
		messages := 0

		push := func(t *rapid.T) {
			i := modelItem{priorities.Draw(t, "priority"), ids.Draw(t, "id"),
				rapid.Int64Range(0, 120).Draw(t, "cost"), messages}
			messages++
			m.push(i)
			p.push(&Item[string, int]{
				Connection: "peer", ConnectionID: i.connectionID, Message: i.message,
				Priority: i.priority, Cost: i.cost,
			}, time.Duration(i.message))
		}
		pop := func(t *rapid.T) {
			want, wantOK := m.pop()
			var got Item[string, int]
			ok := p.pop(&got)
			if ok != wantOK || got.Message != want.message ||
				got.ConnectionID != want.connectionID {
				t.Fatalf("pop = %+v, %v, want %+v, %v", got, ok, want, wantOK)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": push, "push another": push, "push a third": push,
			"pop": pop, "pop another": pop,
			"remove": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				var want, got []int
				for _, i := range m.removeConnection(id) {
					want = append(want, i.message)
				}
				e, n := p.removeConnection(id)
				for ; e != nil; e = e.next {
					got = append(got, e.item.Message)
				}
				if diff := cmp.Diff(want, got); diff != "" || n != len(got) {
					t.Fatalf("removed %d (-want +got):\n%s", n, diff)
				}
			},
			"": func(t *rapid.T) {
				wantStrict, wantShared := m.snapshot()
				if diff := cmp.Diff(wantStrict, snapshotSubqueues(p.strict)); diff != "" {
					t.Fatalf("strict (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(wantShared, snapshotShared(p.shared)); diff != "" {
					t.Fatalf("shared (-want +got):\n%s", diff)
				}
				if p.length != len(m.items) {
					t.Fatalf("length %d, want %d", p.length, len(m.items))
				}
				arrival, ok := p.oldestArrival()
				if ok != (len(m.items) > 0) || ok && arrival != time.Duration(m.items[0].message) {
					t.Fatalf("oldest arrival %d, %v, have %v", arrival, ok, m.items)
				}
			},
		})
	})
}

func pushed(p *prioritized[string, int], priority int, connectionID uint64, cost int64,
	message int) {
	p.push(&Item[string, int]{ConnectionID: connectionID, Priority: priority, Cost: cost,
		Message: message}, 0)
}

func popped(t *testing.T, p *prioritized[string, int]) Item[string, int] {
	t.Helper()
	var item Item[string, int]
	if !p.pop(&item) {
		t.Fatal("nothing queued")
	}
	return item
}

// A connection with a thousand messages queued delays another by one.
func TestConnectionsTakeTurns(t *testing.T) {
	for _, priority := range []int{PriorityLow - 1, PriorityLow, 127} {
		p := newPrioritized[string, int](DefaultMaxTokensPerPriority, DefaultMinCost)
		for i := range 1000 {
			pushed(p, priority, 1, 0, i)
		}
		pushed(p, priority, 2, 0, 1000)
		pushed(p, priority, 3, 0, 1001)
		pushed(p, priority, 2, 0, 1002)
		var got []int
		for range 6 {
			got = append(got, popped(t, p).Message)
		}
		if diff := cmp.Diff([]int{0, 1000, 1001, 1, 1002, 2}, got); diff != "" {
			t.Errorf("priority %d (-want +got):\n%s", priority, diff)
		}
	}
}

// Below PriorityLow everybody gets work done in proportion to priority, measured
// in cost, whatever the costs of the messages are.
func TestSharingIsProportional(t *testing.T) {
	const maxTokens, minCost = 1 << 20, 1 << 10
	costs := map[int]int64{1: 1 << 10, 9: 1 << 16, 30: 3000, 60: 1 << 20}
	p := newPrioritized[string, int](maxTokens, minCost)
	for priority, cost := range costs {
		for range 2 {
			pushed(p, priority, 1, cost, 0)
		}
	}
	served := map[int]int64{}
	total := int64(0)
	for total < 1000*maxTokens {
		item := popped(t, p)
		served[item.Priority] += item.Cost
		total += item.Cost
		pushed(p, item.Priority, 1, item.Cost, 0) // never empty
	}
	for priority := range costs {
		want := float64(priority) / 100
		got := float64(served[priority]) / float64(total)
		if math.Abs(got-want) > 0.1*want {
			t.Errorf("priority %d got %.4f of the work, want %.4f", priority, got, want)
		}
	}
}

// However busy the higher ones are, a lower one is served: also when its message
// costs all that its bucket holds, and even at priority 0.
func TestNoStarvationBelowLow(t *testing.T) {
	const maxTokens, minCost = 1000, 100
	for _, tt := range []struct{ low, within int }{{1, 700}, {0, 1001}} {
		p := newPrioritized[string, int](maxTokens, minCost)
		pushed(p, tt.low, 1, 5*maxTokens, 42)
		pushed(p, 63, 2, minCost, 0)
		for n := 1; ; n++ {
			pushed(p, 63, 2, minCost, 0)
			if popped(t, p).Message == 42 {
				break
			}
			if n > tt.within {
				t.Errorf("priority %d not served after %d of priority 63", tt.low, n)
				break
			}
		}
	}
}

// A huge bucket does not make the arithmetic overflow.
func TestHugeBucket(t *testing.T) {
	p := newPrioritized[string, int](math.MaxInt64, math.MaxInt64)
	for i := range 100 {
		pushed(p, 60+i%4, 1, math.MaxInt64, i)
	}
	for p.length > len(p.shared) {
		popped(t, p)
		for _, s := range snapshotShared(p.shared) {
			if s.Priority != 63 && s.Tokens < mostTokens/10 { // a fourth, or what is left of it
				t.Fatalf("priority %d has %d tokens", s.Priority, s.Tokens)
			}
		}
	}
}

// With its last message a priority loses its tokens.
func TestIdleEarnsNothing(t *testing.T) {
	p := newPrioritized[string, int](1000, 10)
	pushed(p, 10, 1, 500, 0)
	for range 40 {
		pushed(p, 20, 1, 10, 0)
	}
	for range 20 {
		popped(t, p)
	}
	if tokens := p.shared[0].bucket.tokens; tokens == 0 {
		t.Fatal("saved nothing")
	}
	p.removeConnection(1)
	pushed(p, 10, 1, 10, 0)
	if tokens := p.shared[0].bucket.tokens; tokens != 0 {
		t.Errorf("%d tokens in a new bucket", tokens)
	}
}

// After a burst of every kind only a bounded number of things is kept, and all of
// them are usable.
func TestPrioritizedShrinks(t *testing.T) {
	const burst = 20 * keepIdle
	p := newPrioritized[string, int](DefaultMaxTokensPerPriority, DefaultMinCost)
	drain := func() {
		for p.length > 0 {
			popped(t, p)
		}
	}
	for range 2 {
		for i := range burst {
			pushed(p, 127, uint64(i), 0, i) // many connections
		}
		drain()
		if n := len(p.idleSubqueues.idle); n != 0 {
			t.Errorf("a subqueue of %d connections was kept", p.idleSubqueues.idle[0].peak)
		}
		for i := range burst {
			pushed(p, 1000+i, 1, 0, i)                    // many priorities
			pushed(p, i%PriorityLow, uint64(i%100), 0, i) // many of each
		}
		drain()
		if n := len(p.idleEntries.idle); n != keepIdle {
			t.Errorf("%d entries kept", n)
		}
		if n := len(p.idleConnections.idle); n != keepIdle {
			t.Errorf("%d connections kept", n)
		}
		if n := len(p.idleSubqueues.idle); n != keepIdlePriorities {
			t.Errorf("%d priorities kept", n)
		}
		if n := cap(p.strict); n > keepIdle {
			t.Errorf("room for %d strict priorities kept", n)
		}
		for _, s := range p.idleSubqueues.idle {
			if s.length != 0 || len(s.connections) != 0 {
				t.Errorf("kept a subqueue of %d messages and %d connections", s.length,
					len(s.connections))
			}
		}
		p.idleSubqueues.idle = nil // the next round looks for the one of many connections
		for _, e := range p.idleEntries.idle {
			if *e != (entry[string, int]{}) {
				t.Fatalf("entry keeps %+v", e)
			}
		}
	}
}

func TestPrioritizedDoesNotAllocate(t *testing.T) {
	p := newPrioritized[string, int](DefaultMaxTokensPerPriority, DefaultMinCost)
	round := func() {
		for i := range 500 {
			pushed(p, 10+i%5*40, uint64(i%50), 1<<16, i)
		}
		for p.length > 0 {
			popped(t, p)
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
