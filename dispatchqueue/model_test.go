package dispatchqueue

import (
	"maps"
	"slices"
)

// model is the order of service once more, slow and obvious: one slice of all
// messages in order of arrival, searched for everything.
type model struct {
	maxTokens, minCost int64

	items  []modelItem
	turns  map[int][]uint64 // by priority: the connections that have messages, next one first
	tokens map[int]int64    // by priority
}

type modelItem struct {
	priority     int
	connectionID uint64
	cost         int64
	message      int
}

func newModel(maxTokens, minCost int64) *model {
	return &model{maxTokens: maxTokens, minCost: minCost, turns: map[int][]uint64{},
		tokens: map[int]int64{}}
}

func (m *model) push(i modelItem) {
	i.priority = max(i.priority, 0)
	i.cost = min(max(i.cost, m.minCost), m.maxTokens)
	m.items = append(m.items, i)
	if !slices.Contains(m.turns[i.priority], i.connectionID) {
		m.turns[i.priority] = append(m.turns[i.priority], i.connectionID)
	}
}

func (m *model) pop() (modelItem, bool) {
	priorities := slices.Sorted(maps.Keys(m.turns))
	if len(priorities) == 0 {
		return modelItem{}, false
	}
	highest := priorities[len(priorities)-1]
	if highest >= PriorityLow {
		return m.serve(highest), true
	}
	served := m.servePayer(priorities)
	if served == nil {
		i := m.serve(highest)
		served = &i
	}
	sum := 0
	for p := range m.turns {
		sum += p
	}
	for p := range m.turns {
		if sum > 0 {
			m.tokens[p] = min(m.maxTokens, m.tokens[p]+served.cost*int64(p)/int64(sum)+1)
		}
	}
	return *served, true
}

// servePayer serves the lowest priority that can pay.
func (m *model) servePayer(priorities []int) *modelItem {
	for _, p := range priorities {
		front := m.items[m.front(p)]
		if m.tokens[p] >= front.cost {
			m.tokens[p] -= front.cost
			m.serve(p)
			return &front
		}
	}
	return nil
}

// front is the index of the message of a priority whose turn it is.
func (m *model) front(priority int) int {
	return slices.IndexFunc(m.items, func(i modelItem) bool {
		return i.priority == priority && i.connectionID == m.turns[priority][0]
	})
}

func (m *model) serve(priority int) modelItem {
	at := m.front(priority)
	served := m.items[at]
	m.items = slices.Delete(m.items, at, at+1)
	m.turns[priority] = m.turns[priority][1:]
	if m.count(priority, served.connectionID) > 0 {
		m.turns[priority] = append(m.turns[priority], served.connectionID)
	}
	m.forgetEmpty()
	return served
}

func (m *model) removeConnection(connectionID uint64) []modelItem {
	var removed, kept []modelItem
	for _, i := range m.items {
		if i.connectionID == connectionID {
			removed = append(removed, i)
		} else {
			kept = append(kept, i)
		}
	}
	m.items = kept
	for p := range m.turns {
		m.turns[p] = slices.DeleteFunc(m.turns[p], func(id uint64) bool {
			return id == connectionID
		})
	}
	m.forgetEmpty()
	slices.SortStableFunc(removed, func(a, b modelItem) int { return b.priority - a.priority })
	return removed
}

func (m *model) forgetEmpty() {
	for p := range m.turns {
		if len(m.turns[p]) == 0 {
			delete(m.turns, p)
			delete(m.tokens, p)
		}
	}
}

func (m *model) count(priority int, connectionID uint64) int {
	n := 0
	for _, i := range m.items {
		if i.priority == priority && i.connectionID == connectionID {
			n++
		}
	}
	return n
}

// snapshot is what snapshots of the real structure should say.
func (m *model) snapshot() (strict, shared []PrioritySnapshot) {
	strict, shared = []PrioritySnapshot{}, []PrioritySnapshot{}
	priorities := slices.Sorted(maps.Keys(m.turns))
	for _, p := range slices.Backward(priorities) {
		s := PrioritySnapshot{Priority: p}
		for _, id := range m.turns[p] {
			n := m.count(p, id)
			s.Size += n
			s.Connections = append(s.Connections, ConnectionSnapshot{id, n})
		}
		if p >= PriorityLow {
			strict = append(strict, s)
			continue
		}
		s.Tokens = m.tokens[p]
		s.FirstItemCost = m.items[m.front(p)].cost
		shared = append(shared, s)
	}
	return strict, shared
}
