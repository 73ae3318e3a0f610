package dispatchqueue

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

type (
	testQueue = Queue[string, string]
	testItem  = Item[string, string]
)

// recorder is a handler that logs its calls. After logging it calls what is in
// then for that line. Messages that begin with "fast" can be fast dispatched.
type recorder struct {
	mu   sync.Mutex
	log  []string
	then map[string]func()
}

func (r *recorder) called(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	r.mu.Lock()
	r.log = append(r.log, line)
	then := r.then[line]
	r.mu.Unlock()
	if then != nil {
		then()
	}
}

func (r *recorder) HandleEvent(kind Kind, connection string, cause error) {
	if cause != nil {
		r.called("%v %s: %v", kind, connection, cause)
		return
	}
	r.called("%v %s", kind, connection)
}
func (r *recorder) Dispatch(connection, message string) { r.called("dispatch %s", message) }
func (r *recorder) Discard(connection, message string)  { r.called("discard %s", message) }
func (r *recorder) FastPreprocess(connection, message string) {
	r.called("preprocess %s", message)
}
func (r *recorder) FastDispatch(connection, message string) {
	r.called("fast dispatch %s", message)
}
func (r *recorder) CanFastDispatch(message string) bool {
	r.called("can fast dispatch %s?", message)
	return strings.HasPrefix(message, "fast")
}

// check compares the log since the last check, when everything has come to rest.
func (r *recorder) check(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(want, slices.Clone(r.log)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	r.log = nil
}

// inBubble runs f with a queue, not yet started, and shuts the queue down after.
func inBubble(t *testing.T, f func(*testing.T, *testQueue, *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{then: map[string]func(){}}
		q := New[string, string](Config{}, r)
		f(t, q, r)
		q.Shutdown()
		q.Wait()
		if n := q.Len(); n != 0 {
			t.Errorf("%d queued at the end", n)
		}
		if n := q.DispatchThrottle().Current(); n != 0 {
			t.Errorf("%d bytes held at the end", n)
		}
	})
}

// message makes an item that holds 10 bytes of q's throttle.
func message(q *testQueue, connectionID uint64, priority int, name string) testItem {
	q.DispatchThrottle().Get(10, nil)
	return testItem{
		Connection:   fmt.Sprint("c", connectionID),
		ConnectionID: connectionID,
		Message:      name,
		Priority:     priority,
		ThrottleSize: 10,
	}
}

func TestOrderOfService(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		q.Enqueue(message(q, 1, 20, "low of c1"))
		q.Enqueue(message(q, 1, PriorityLow, "first of c1"))
		q.Enqueue(message(q, 1, PriorityLow, "second of c1"))
		q.Enqueue(message(q, 2, PriorityLow, "first of c2"))
		q.Enqueue(message(q, 2, 196, "high of c2"))
		q.QueueEvent(KindAccept, "c1", nil)
		q.QueueEvent(KindReset, "c2", nil)
		q.QueueEvent(KindRefused, "c3", nil)
		q.QueueEvent(KindFault, "c3", io.EOF)
		if got := q.Len(); got != 9 {
			t.Errorf("Len() = %d, want 9", got)
		}
		q.Start()
		r.check(t,
			"accept c1", "reset c2", "refused c3", "fault c3: EOF",
			"dispatch high of c2",
			"dispatch first of c1", "dispatch first of c2", "dispatch second of c1",
			"dispatch low of c1")
	})
}

func TestEventsGoBeforeQueuedMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		r.then["dispatch a"] = func() {
			q.QueueEvent(KindConnect, "c1", nil)
			q.QueueEvent(KindRemoteReset, "c1", nil)
		}
		r.then["connect c1"] = func() { q.QueueEvent(KindAccept, "c2", nil) }
		q.Enqueue(message(q, 1, 127, "a"))
		q.Enqueue(message(q, 1, 255, "b"))
		q.Enqueue(message(q, 1, 127, "c"))
		q.Start()
		r.check(t, "dispatch b", "dispatch a", "connect c1", "remote_reset c1", "accept c2",
			"dispatch c")
	})
}

// Whatever comes to a queue that sleeps wakes it.
func TestWakeUp(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		r.then["dispatch a"] = func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			if q.sleeping {
				t.Error("it would be woken again while it is at work")
			}
		}
		q.Start()
		for range 3 {
			synctest.Wait()
			q.QueueEvent(KindConnect, "c1", nil)
			r.check(t, "connect c1")
			q.Enqueue(message(q, 1, 127, "a"))
			r.check(t, "dispatch a")
			q.Enqueue(message(q, 1, 127, "a"))
			q.Enqueue(message(q, 1, 127, "b"))
			r.check(t, "dispatch a", "dispatch b")
			q.DeliverLocally(testItem{Message: "fast"})
			r.check(t, "preprocess fast", "can fast dispatch fast?", "fast dispatch fast")
		}
	})
}

// The throttle is held until the callback has returned.
func TestThrottleIsHeldDuringCallbacks(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		holds := func(want int64) func() {
			return func() {
				if got := q.DispatchThrottle().Current(); got != want {
					t.Errorf("%d bytes held, want %d", got, want)
				}
			}
		}
		r.then["dispatch a"] = holds(20)
		r.then["dispatch b"] = holds(10)
		r.then["discard c"] = holds(20)
		r.then["discard d"] = holds(10)
		r.then["fast dispatch e"] = holds(10)
		r.then["discard f"] = holds(10)

		q.Enqueue(message(q, 1, 127, "a"))
		q.Enqueue(message(q, 1, 127, "b"))
		q.Start()
		r.check(t, "dispatch a", "dispatch b")

		r.then["accept c1"] = func() {
			q.Enqueue(message(q, 1, 127, "c"))
			q.Enqueue(message(q, 1, 127, "d"))
			q.DiscardConnection(1)
		}
		q.QueueEvent(KindAccept, "c1", nil)
		r.check(t, "accept c1", "discard c", "discard d")

		q.FastDispatch(message(q, 1, 127, "e"))
		r.check(t, "fast dispatch e")

		q.Shutdown()
		q.Enqueue(message(q, 1, 127, "f"))
		r.check(t, "discard f")
		holds(0)()
	})
}

func TestDiscardConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		for i := range 3 {
			for id := range uint64(3) {
				q.Enqueue(message(q, id, 127, fmt.Sprintf("c%d.%d", id, i)))
			}
		}
		q.Enqueue(message(q, 1, 30, "c1.low"))
		q.Enqueue(message(q, 2, 30, "c2.low"))
		q.QueueEvent(KindReset, "c1", nil)
		if got := q.DiscardConnection(1); got != 4 {
			t.Errorf("DiscardConnection = %d, want 4", got)
		}
		if got := q.DispatchThrottle().Current(); got != 70 {
			t.Errorf("%d bytes held, want 70", got)
		}
		r.check(t, "discard c1.0", "discard c1.1", "discard c1.2", "discard c1.low")
		if got := q.DiscardConnection(1); got != 0 {
			t.Errorf("second DiscardConnection = %d, want 0", got)
		}
		q.Enqueue(message(q, 1, 127, "c1.new"))
		q.Start()
		r.check(t, "reset c1",
			"dispatch c0.0", "dispatch c2.0", "dispatch c1.new",
			"dispatch c0.1", "dispatch c2.1", "dispatch c0.2", "dispatch c2.2",
			"dispatch c2.low")
	})
}

func TestOldestAge(t *testing.T) {
	inBubble(t, func(t *testing.T, q *testQueue, r *recorder) {
		check := func(want time.Duration) {
			t.Helper()
			if got := q.OldestAge(time.Now()); got != want {
				t.Errorf("OldestAge = %v, want %v", got, want)
			}
		}
		check(0)
		q.QueueEvent(KindAccept, "c1", nil) // events do not count
		q.Enqueue(message(q, 1, 127, "a"))
		time.Sleep(time.Second)
		check(time.Second)
		q.Enqueue(message(q, 2, 255, "b"))
		time.Sleep(time.Second)
		q.Enqueue(message(q, 1, 255, "c"))
		time.Sleep(time.Second)
		check(3 * time.Second)
		r.then["dispatch b"] = func() {
			check(3 * time.Second) // a is still waiting
			q.DiscardConnection(1)
			check(0)
		}
		if got := q.OldestAge(time.Now().Add(-time.Hour)); got != 0 {
			t.Errorf("OldestAge an hour ago = %v, want 0", got)
		}
		q.Start()
		r.check(t, "accept c1", "dispatch b", "discard c", "discard a")
		check(0)
	})
}

func TestNextConnectionID(t *testing.T) {
	q := New[string, string](Config{}, &recorder{})
	const goroutines, each = 8, 100
	seen := make(chan uint64, goroutines*each)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				seen <- q.NextConnectionID()
			}
		})
	}
	wg.Wait()
	close(seen)
	ids := map[uint64]bool{}
	for id := range seen {
		ids[id] = true
	}
	if len(ids) != goroutines*each || ids[LocalConnectionID] || !ids[1] {
		t.Errorf("%d different IDs of %d, with local: %v", len(ids), goroutines*each,
			ids[LocalConnectionID])
	}
}

func TestFast(t *testing.T) {
	r := &recorder{}
	q := New[string, string](Config{}, r)
	if !q.CanFastDispatch("fast") || q.CanFastDispatch("slow") {
		t.Error("CanFastDispatch does not say what the handler says")
	}
	q.FastPreprocess("c1", "fast")
	want := []string{"can fast dispatch fast?", "can fast dispatch slow?", "preprocess fast"}
	if diff := cmp.Diff(want, r.log); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestConfig(t *testing.T) {
	tests := []struct {
		name         string
		config, want Config
	}{
		{"zero", Config{}, Config{16777216, 65536, 104857600, 65536, 16384, 65536}},
		{"none", Config{-1, -1, -1, -1, -1, -1}, Config{16777216, 0, 0, 0, 0, 0}},
		{"given", Config{1, 2, 3, 4, 5, 6}, Config{1, 2, 3, 4, 5, 6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := New[string, string](tt.config, nil)
			got := Config{q.messages.maxTokens, q.messages.minCost, q.DispatchThrottle().Max(),
				q.limit, q.limitOwn, q.limitEvents}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKindString(t *testing.T) {
	var got []string
	for kind := Kind(0); kind <= KindFault+1; kind++ {
		got = append(got, kind.String())
	}
	want := []string{"Kind(0)", "connect", "accept", "remote_reset", "reset", "refused", "fault",
		"Kind(7)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// checkSorted is check where the order between goroutines is open.
func (r *recorder) checkSorted(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	slices.Sort(r.log)
	r.mu.Unlock()
	r.check(t, want...)
}

// From Enqueue to Dispatch, events and local messages included.
func TestQueueDoesNotAllocate(t *testing.T) {
	q := New[chan struct{}, *benchMessage](Config{}, benchHandler{})
	q.Start()
	defer q.Wait()
	defer q.Shutdown()
	window := make(chan struct{}, 10)
	item := Item[chan struct{}, *benchMessage]{Connection: window, ConnectionID: 1, Priority: 20,
		ThrottleSize: 5}
	if n := testing.AllocsPerRun(1000, func() {
		window <- struct{}{}
		q.DispatchThrottle().Get(item.ThrottleSize, nil)
		q.Enqueue(item)
		window <- struct{}{}
		q.QueueEvent(KindAccept, window, nil)
		window <- struct{}{}
		q.DeliverLocally(item)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
