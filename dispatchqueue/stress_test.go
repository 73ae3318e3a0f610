package dispatchqueue

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

type stressMessage struct {
	connection, priority, number int
	local                        bool
}

// stressHandler checks what must hold whatever the schedule is.
type stressHandler struct {
	t         *testing.T
	inside    atomic.Int32          // callbacks of the dispatch goroutine under way
	last      map[stressMessage]int // by all but the number; the dispatch goroutine's
	events    int                   // the dispatch goroutine's
	delivered atomic.Int64
	discarded atomic.Int64
}

func (h *stressHandler) enter() {
	if h.inside.Add(1) != 1 {
		h.t.Error("two callbacks at once")
	}
}

func (h *stressHandler) HandleEvent(Kind, int, error) {
	h.enter()
	defer h.inside.Add(-1)
	h.events++
}

func (h *stressHandler) Dispatch(connection int, m stressMessage) {
	h.enter()
	defer h.inside.Add(-1)
	h.delivered.Add(1)
	key := m
	key.number = 0
	if m.number <= h.last[key] {
		h.t.Errorf("%+v after %d", m, h.last[key])
	}
	h.last[key] = m.number
}

func (h *stressHandler) Discard(int, stressMessage)           { h.discarded.Add(1) }
func (h *stressHandler) CanFastDispatch(m stressMessage) bool { return m.number%2 == 0 }
func (h *stressHandler) FastPreprocess(int, stressMessage)    {}
func (h *stressHandler) FastDispatch(int, stressMessage)      { h.delivered.Add(1) }

// Many readers, somebody who discards, local delivery and a shutdown in the
// middle of it: every message meets exactly one end, order holds, and nothing is
// held at the end.
func TestStress(t *testing.T) {
	const connections, each = 8, 2000
	h := &stressHandler{t: t, last: map[stressMessage]int{}}
	q := New[int, stressMessage](Config{ThrottleBytes: 5000}, h)
	q.Start()
	priorities := []int{0, 10, 63, PriorityLow, 127, 255}
	var readers sync.WaitGroup
	half := make(chan struct{}, connections)
	for c := range connections {
		id := q.NextConnectionID()
		readers.Go(func() {
			random := rand.New(rand.NewPCG(1, id))
			for n := 1; n <= each; n++ {
				m := stressMessage{c, priorities[random.IntN(len(priorities))], n,
					random.IntN(10) == 0}
				item := Item[int, stressMessage]{
					Connection: c, ConnectionID: id, Message: m, Priority: m.priority,
					Cost: random.Int64N(1 << 18),
				}
				if m.local {
					q.DeliverLocally(item)
				} else {
					item.ThrottleSize = random.Int64N(1000)
					if _, err := q.DispatchThrottle().Get(item.ThrottleSize, nil); err != nil {
						t.Error(err)
					}
					q.Enqueue(item)
				}
				switch random.IntN(200) {
				case 0:
					q.DiscardConnection(id)
				case 1:
					q.QueueEvent(KindReset, c, nil)
				case 2:
					q.Snapshot()
				}
				if n == each/2 {
					half <- struct{}{}
				}
			}
		})
	}
	<-half
	<-half
	q.Shutdown()
	readers.Wait()
	q.Wait()
	if got := h.delivered.Load() + h.discarded.Load(); got != connections*each {
		t.Errorf("%d messages delivered and %d discarded of %d", h.delivered.Load(),
			h.discarded.Load(), connections*each)
	}
	if h.delivered.Load() == 0 || h.discarded.Load() == 0 {
		t.Errorf("%d delivered, %d discarded: nothing was tested", h.delivered.Load(),
			h.discarded.Load())
	}
	if q.DispatchThrottle().Current() != 0 || q.DispatchThrottle().Waiters() != 0 || q.Len() != 0 {
		t.Errorf("at the end: %+v", q.Snapshot())
	}
}
