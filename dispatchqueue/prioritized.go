package dispatchqueue

import (
	"cmp"
	"slices"
	"time"
)

// prioritized is the order of service of messages, as a plain data structure: it
// knows no lock, clock or goroutine. See the package comment for the order.
type prioritized[C comparable, M any] struct {
	maxTokens, minCost int64

	strict      []*subqueue[C, M] // of PriorityLow and above; ascending; none is empty
	shared      []*subqueue[C, M] // below PriorityLow; ascending; none is empty
	prioritySum int               // of shared

	length         int
	oldest, newest *entry[C, M] // ends of the list by arrival

	idleEntries     freeList[entry[C, M]]
	idleConnections freeList[connectionQueue[C, M]]
	idleSubqueues   freeList[subqueue[C, M]]
}

func newPrioritized[C comparable, M any](maxTokens, minCost int64) *prioritized[C, M] {
	return &prioritized[C, M]{
		maxTokens:       min(maxTokens, mostTokens),
		minCost:         minCost,
		idleEntries:     freeList[entry[C, M]]{keep: keepIdle},
		idleConnections: freeList[connectionQueue[C, M]]{keep: keepIdle},
		idleSubqueues:   freeList[subqueue[C, M]]{keep: keepIdlePriorities},
	}
}

func (p *prioritized[C, M]) push(item *Item[C, M], arrival time.Duration) {
	s := p.subqueueOf(item.Priority)
	e := p.idleEntries.get()
	e.item = *item
	e.arrival = arrival
	e.cost = min(max(item.Cost, p.minCost), p.maxTokens)
	s.push(e)
	p.length++

	e.older = p.newest
	if e.older == nil {
		p.oldest = e
	} else {
		e.older.newer = e
	}
	p.newest = e
}

// pop takes out the message that is to be served next. It returns false, and
// leaves item alone, if there is none.
func (p *prioritized[C, M]) pop(item *Item[C, M]) bool {
	var e *entry[C, M]
	switch {
	case len(p.strict) > 0:
		e = p.popStrict()
	case len(p.shared) > 0:
		e = p.popShared()
	default:
		return false
	}
	p.length--
	p.unlinkArrival(e)
	*item = e.item
	*e = entry[C, M]{}
	p.idleEntries.put(e)
	return true
}

func (p *prioritized[C, M]) popStrict() *entry[C, M] {
	highest := len(p.strict) - 1
	e := p.strict[highest].pop()
	p.dropIfEmpty(&p.strict, highest)
	return e
}

func (p *prioritized[C, M]) popShared() *entry[C, M] {
	chosen := len(p.shared) - 1
	for i, s := range p.shared {
		if cost := s.front().cost; s.bucket.holds(cost) {
			s.bucket.take(cost)
			chosen = i
			break
		}
	}
	e := p.shared[chosen].pop()
	p.dropIfEmpty(&p.shared, chosen)
	for _, s := range p.shared {
		s.bucket.put(share(e.cost, s.priority, p.prioritySum))
	}
	return e
}

// removeConnection takes out all messages of a connection. It returns how many
// they are, and the first, which has the others behind it: by priority from the
// highest down, and in order inside one. They belong to the caller now.
func (p *prioritized[C, M]) removeConnection(connectionID uint64) (first *entry[C, M], n int) {
	var last *entry[C, M]
	for _, set := range []*[]*subqueue[C, M]{&p.strict, &p.shared} {
		for i := len(*set) - 1; i >= 0; i-- {
			head, tail, k := (*set)[i].remove(connectionID)
			if k == 0 {
				continue
			}
			if last == nil {
				first = head
			} else {
				last.next = head
			}
			last = tail
			n += k
			p.dropIfEmpty(set, i)
		}
	}
	p.length -= n
	for e := first; e != nil; e = e.next {
		p.unlinkArrival(e)
	}
	return first, n
}

// oldestArrival returns when the message that has been queued longest came.
func (p *prioritized[C, M]) oldestArrival() (arrival time.Duration, ok bool) {
	if p.oldest == nil {
		return 0, false
	}
	return p.oldest.arrival, true
}

// subqueueOf returns the subqueue of a priority, a new one if need be.
func (p *prioritized[C, M]) subqueueOf(priority int) *subqueue[C, M] {
	priority = max(priority, 0)
	set := &p.strict
	if priority < PriorityLow {
		set = &p.shared
	}
	i, found := slices.BinarySearchFunc(*set, priority, comparePriority)
	if found {
		return (*set)[i]
	}
	s := p.idleSubqueues.get()
	s.priority = priority
	s.bucket = tokenBucket{max: p.maxTokens}
	s.idle = &p.idleConnections
	if s.connections == nil {
		s.connections = make(map[uint64]*connectionQueue[C, M])
	}
	*set = slices.Insert(*set, i, s)
	if priority < PriorityLow {
		p.prioritySum += priority
	}
	return s
}

func comparePriority[C comparable, M any](s *subqueue[C, M], priority int) int {
	return cmp.Compare(s.priority, priority)
}

// dropIfEmpty takes a subqueue that has become empty out of its set.
func (p *prioritized[C, M]) dropIfEmpty(set *[]*subqueue[C, M], i int) {
	s := (*set)[i]
	if !s.empty() {
		return
	}
	*set = slices.Delete(*set, i, i+1)
	if len(*set) == 0 && cap(*set) > keepIdle {
		*set = nil
	}
	if s.priority < PriorityLow {
		p.prioritySum -= s.priority
	}
	if s.peak <= keepIdle {
		p.idleSubqueues.put(s)
	}
}

func (p *prioritized[C, M]) unlinkArrival(e *entry[C, M]) {
	if e.older == nil {
		p.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		p.newest = e.older
	} else {
		e.newer.older = e.older
	}
}
