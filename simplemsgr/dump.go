package simplemsgr

import (
	"cmp"
	"encoding/json"
	"slices"

	"simplemessenger/dispatchqueue"
	"simplemessenger/session"
	"simplemessenger/throttle"
	"simplemessenger/wire"
)

// Dump is a copy of what a messenger is doing: what every pipe is doing, where it waits, how long
// the queues are. It is consistent for each pipe, not across them.
type Dump struct {
	Name      wire.EntityName        `json:"name"`
	Addr      wire.EntityAddr        `json:"addr"`
	GlobalSeq uint32                 `json:"global_seq"`
	Pipes     []session.Snapshot     `json:"pipes"` // registered ones and those that accept, by ID
	Queue     dispatchqueue.Snapshot `json:"dispatch_queue"`
	Throttles []ThrottleDump         `json:"throttles"`
	// OutQueues is what all out queues hold, in bytes, as Config.Pipe.QueueLimitTotal counts it.
	OutQueues int64 `json:"out_queues_bytes"`
}

// ThrottleDump is the state of a throttle.
type ThrottleDump struct {
	Name    string `json:"name"`
	Current int64  `json:"current"`
	Max     int64  `json:"max"`
	Waiters int    `json:"waiters"`
}

// Dump returns what the messenger is doing now.
func (m *Messenger) Dump() Dump {
	queue := m.dispatch.queue
	d := Dump{Name: m.name, Addr: m.Addr(), Pipes: []session.Snapshot{}, Queue: queue.Snapshot()}
	for _, s := range m.table.All() {
		d.Pipes = append(d.Pipes, s.Snapshot())
	}
	slices.SortFunc(d.Pipes, func(a, b session.Snapshot) int { return cmp.Compare(a.ID, b.ID) })
	d.Throttles = m.dumpThrottles()
	d.OutQueues = m.config.Pipe.Held()
	m.mu.Lock()
	d.GlobalSeq = m.globalSeq
	m.mu.Unlock()
	return d
}

// JSON returns the dump as indented JSON.
func (d Dump) JSON() []byte {
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil { // every field is plain data
		panic(err)
	}
	return b
}

// dumpThrottles lists the dispatch throttle and those of the policies, each once.
func (m *Messenger) dumpThrottles() []ThrottleDump {
	all := []*throttle.Throttle{m.dispatch.queue.DispatchThrottle()}
	add := func(t *throttle.Throttle) {
		if t != nil && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	m.mu.Lock()
	types := make([]wire.EntityType, 0, len(m.policies))
	for t := range m.policies {
		types = append(types, t)
	}
	slices.Sort(types)
	for _, t := range types {
		add(m.policies[t].ThrottleMessages)
		add(m.policies[t].ThrottleBytes)
	}
	add(m.defaultPolicy.ThrottleMessages)
	add(m.defaultPolicy.ThrottleBytes)
	m.mu.Unlock()
	dumps := make([]ThrottleDump, len(all))
	for i, t := range all {
		dumps[i] = ThrottleDump{Name: t.Name(), Current: t.Current(), Max: t.Max(),
			Waiters: t.Waiters()}
	}
	return dumps
}
