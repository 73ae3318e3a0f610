package throttle

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// The admission rule, cell by cell.
func TestTryGet(t *testing.T) {
	tests := []struct {
		name         string
		max, current int64
		n            int64
		want         bool
	}{
		{"no limit", 0, 1 << 40, 1 << 40, true},
		{"fits", 10, 4, 5, true},
		{"fills the limit", 10, 4, 6, true},
		{"one too many", 10, 4, 7, false},
		{"nothing left", 10, 10, 1, false},
		{"nothing asked, nothing left", 10, 10, 0, true},
		{"nothing asked, over the limit", 10, 11, 0, false},
		{"just the limit", 10, 0, 10, true},
		{"just the limit, one taken", 10, 1, 10, false},
		{"larger than the limit, nothing taken", 10, 0, 11, true},
		{"larger than the limit, limit reached", 10, 10, 11, true},
		{"larger than the limit, limit exceeded", 10, 11, 11, false},
		{"sum overflows", math.MaxInt64, math.MaxInt64, math.MaxInt64, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			th := New("test", 0)
			th.Get(tt.current, nil)
			th.SetMax(tt.max)
			if got := th.TryGet(tt.n); got != tt.want {
				t.Errorf("TryGet(%d) with %d of %d taken = %v, want %v", tt.n, tt.current, tt.max,
					got, tt.want)
			}
			want := tt.current
			if tt.want {
				want += tt.n
			}
			if got := th.Current(); got != want {
				t.Errorf("Current() = %d afterwards, want %d", got, want)
			}
		})
	}
}

// getters starts Gets one by one, each when the one before waits or is served,
// and records which are served.
type getters struct {
	th     *Throttle
	mu     sync.Mutex
	served []string
}

func (g *getters) start(name string, n int64) {
	go func() {
		if _, err := g.th.Get(n, nil); err != nil {
			panic(err)
		}
		g.mu.Lock()
		g.served = append(g.served, name)
		g.mu.Unlock()
	}()
	synctest.Wait()
}

func (g *getters) check(t *testing.T, waiters int, current int64, served ...string) {
	t.Helper()
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.Sort(g.served) // granted in one go, they wake up in any order
	slices.Sort(served)
	if diff := cmp.Diff(served, g.served); diff != "" {
		t.Errorf("served (-want +got):\n%s", diff)
	}
	if got := g.th.Waiters(); got != waiters {
		t.Errorf("Waiters() = %d, want %d", got, waiters)
	}
	if got := g.th.Current(); got != current {
		t.Errorf("Current() = %d, want %d", got, current)
	}
}

func TestWaitersAreServedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &getters{th: New("test", 10)}
		g.start("first", 8)
		g.start("large", 6)
		g.start("small", 1)
		g.start("smaller", 0)
		g.check(t, 3, 8, "first") // the small ones fit, but wait behind the large one
		if g.th.TryGet(1) {
			t.Error("TryGet overtook those who wait")
		}
		g.th.Put(2)
		g.check(t, 3, 6, "first")
		g.th.Put(2)
		g.check(t, 2, 10, "first", "large") // and now 4 + 6: no room for the small one
		g.th.Put(10)
		g.check(t, 0, 1, "first", "large", "small", "smaller")
	})
}

func TestLargerThanLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &getters{th: New("test", 10)}
		g.start("first", 9)
		g.start("huge", 25)
		g.check(t, 0, 34, "first", "huge") // 9 is not above the limit: it goes once
		g.start("huger", 30)
		g.start("small", 1)
		g.th.Put(23)
		g.check(t, 2, 11, "first", "huge")
		g.th.Put(1)
		g.check(t, 1, 40, "first", "huge", "huger")
		g.th.Put(31)
		g.check(t, 0, 10, "first", "huge", "huger", "small")
	})
}

func TestSetMax(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &getters{th: New("test", 10)}
		g.start("a", 10)
		g.start("b", 5)
		g.start("c", 5)
		g.start("d", 5)
		g.th.SetMax(15)
		g.check(t, 2, 15, "a", "b")
		g.th.SetMax(3) // lower than what is taken: only new requests feel it
		if got := g.th.Max(); got != 3 {
			t.Errorf("Max() = %d, want 3", got)
		}
		g.th.Put(11)
		g.check(t, 2, 4, "a", "b")
		g.th.SetMax(0)
		g.check(t, 0, 14, "a", "b", "c", "d")
		g.th.SetMax(20) // what was taken without a limit counts
		if g.th.TryGet(7) {
			t.Error("TryGet(7) with 14 of 20 taken succeeded")
		}
		g.th.Put(14)
	})
}

func TestGetCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &getters{th: New("test", 10)}
		g.start("first", 8)
		ctx, cancel := context.WithCancel(t.Context())
		type result struct {
			waited bool
			err    error
		}
		results := make(chan result, 1)
		go func() {
			waited, err := g.th.Get(5, ctx.Done())
			results <- result{waited, err}
		}()
		synctest.Wait()
		g.start("behind", 2) // waits for the canceled one only
		g.check(t, 2, 8, "first")
		cancel()
		g.check(t, 0, 10, "first", "behind")
		if r := <-results; !r.waited || !errors.Is(r.err, ErrCanceled) {
			t.Errorf("Get = %v, %v, want true, ErrCanceled", r.waited, r.err)
		}
	})
}

// Whether it was granted or canceled, a Get that sees both holds what it says
// that it holds.
func TestCancelRacesWithPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New("test", 1)
		for round := range 1000 {
			th.Get(1, nil)
			done := make(chan struct{})
			errs := make(chan error)
			go func() {
				_, err := th.Get(1, done)
				errs <- err
			}()
			synctest.Wait()
			if round%2 == 0 {
				close(done) // woken by this, and granted before it has the lock
				th.Put(1)
			} else {
				th.Put(1)
				close(done)
			}
			want := int64(1)
			if <-errs != nil {
				want = 0
			}
			if got := th.Current(); got != want || th.Waiters() != 0 {
				t.Fatalf("Current() = %d with %d waiters, want %d and none", got, th.Waiters(),
					want)
			}
			th.Put(want)
		}
	})
}

// Who may not wait is called, and nothing is called under the lock.
func TestAwait(t *testing.T) {
	th := New("test", 10)
	var called []string
	await := func(name string, n int64) func() bool {
		return th.Await(n, func() {
			called = append(called, name)
			th.Current() // would deadlock under the lock
		})
	}
	check := func(what string, current int64, want ...string) {
		t.Helper()
		if got := th.Current(); got != current {
			t.Errorf("%s: %d taken, want %d", what, got, current)
		}
		if diff := cmp.Diff(want, called); diff != "" {
			t.Errorf("%s: called (-want +got):\n%s", what, diff)
		}
	}
	if await("at once", 8) != nil {
		t.Error("there is room for the first, and it waits")
	}
	first, second, third := await("first", 6), await("second", 1), await("third", 1)
	check("all wait behind the first", 8)
	if !first() {
		t.Error("what has waited only could not be withdrawn")
	}
	check("the first withdrawn", 10, "second", "third")
	if first() || second() || third() {
		t.Error("withdrawn, or granted: withdrawing it again took effect")
	}
	check("nothing is given back by that", 10, "second", "third")
	await("fourth", 2)
	th.Put(1)
	check("too little room", 9, "second", "third")
	th.Put(9)
	check("room", 2, "second", "third", "fourth")
	if New("none", 0).Await(1<<40, nil) != nil || (*Throttle)(nil).Await(1, nil) != nil {
		t.Error("a throttle without a limit has let somebody wait")
	}
}

func TestConcurrentUse(t *testing.T) {
	const limit, goroutines, rounds = 10, 16, 500
	th := New("test", limit)
	var wg sync.WaitGroup
	for g := range goroutines {
		n := int64(g%4 + 1)
		wg.Go(func() {
			for range rounds {
				if g%5 == 0 && th.TryGet(n) {
					th.Put(n)
				}
				if _, err := th.Get(n, nil); err != nil {
					t.Error(err)
					return
				}
				if c := th.Current(); c > limit {
					t.Errorf("%d taken of %d", c, limit)
				}
				th.Put(n)
			}
		})
	}
	wg.Wait()
	if th.Current() != 0 || th.Waiters() != 0 {
		t.Errorf("%d taken, %d waiting at the end", th.Current(), th.Waiters())
	}
}

func TestNil(t *testing.T) {
	var th *Throttle
	if waited, err := th.Get(1<<40, nil); waited || err != nil {
		t.Errorf("Get = %v, %v", waited, err)
	}
	if !th.TryGet(1 << 40) {
		t.Error("TryGet failed")
	}
	th.Put(1)
	if th.Current() != 0 || th.Max() != 0 || th.Waiters() != 0 || th.Name() != "" {
		t.Error("a nil throttle counts")
	}
}

func TestProgrammerErrorsPanic(t *testing.T) {
	tests := []struct {
		name, want string
		f          func(*Throttle)
	}{
		{"too much given back", `3 given back to "test", of which only 2 is taken`,
			func(th *Throttle) {
				th.Put(3)
			}},
		{"negative Put", "negative return: -1", func(th *Throttle) { th.Put(-1) }},
		{"negative Get", "negative request: -1", func(th *Throttle) { th.Get(-1, nil) }},
		{"negative TryGet", "negative request: -1", func(th *Throttle) { th.TryGet(-1) }},
		{"negative SetMax", "negative limit: -1", func(th *Throttle) { th.SetMax(-1) }},
		{"negative New", "negative limit: -1", func(*Throttle) { New("", -1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			th := New("test", 10)
			th.Get(2, nil)
			defer func() {
				if got, _ := recover().(string); !strings.HasSuffix(got, tt.want) {
					t.Errorf("panic %q, want %q", got, tt.want)
				}
				if th.Current() != 2 { // and its lock is free
					t.Errorf("Current() = %d, want 2", th.Current())
				}
			}()
			tt.f(th)
		})
	}
}

func TestUncontendedDoesNotAllocate(t *testing.T) {
	th := New("test", 10)
	if n := testing.AllocsPerRun(100, func() {
		th.Get(5, nil)
		th.Put(5)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGetPut(b *testing.B) {
	th := New("bench", 100<<20)
	b.ReportAllocs()
	for b.Loop() {
		th.Get(4096, nil)
		th.Put(4096)
	}
}

func BenchmarkGetPutParallel(b *testing.B) {
	th := New("bench", 100<<20)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			th.Get(4096, nil)
			th.Put(4096)
		}
	})
}

// Two takers, room for one: every Get waits.
func BenchmarkGetPutWaiting(b *testing.B) {
	th := New("bench", 1)
	b.ReportAllocs()
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			th.Get(1, nil)
			th.Put(1)
		}
	})
}
