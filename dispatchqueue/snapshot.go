package dispatchqueue

import "time"

// A Snapshot is what a queue held at one moment, for dumps. It encodes to JSON
// with the names that Ceph's dumps use, where there are any.
type Snapshot struct {
	Events   int `json:"events"`
	Messages int `json:"messages"`
	Local    int `json:"local_messages"` // not yet taken by local delivery

	OldestAge time.Duration `json:"oldest_age_ns"` // see Queue.OldestAge

	ThrottleBytes   int64 `json:"throttle_bytes"` // taken
	ThrottleMax     int64 `json:"throttle_max"`   // 0: no limit
	ThrottleWaiters int   `json:"throttle_waiters"`
	MaxTokens       int64 `json:"max_tokens_per_subqueue"`
	MinCost         int64 `json:"min_cost"`
	TotalPriority   int   `json:"total_priority"` // sum of the priorities in Shared

	Strict []PrioritySnapshot `json:"high_queues"` // PriorityLow and above; highest first
	Shared []PrioritySnapshot `json:"queues"`      // below PriorityLow; highest first
}

// A PrioritySnapshot is what is queued of one priority.
type PrioritySnapshot struct {
	Priority int   `json:"priority"`
	Size     int   `json:"size"`   // messages
	Tokens   int64 `json:"tokens"` // below PriorityLow: in its bucket
	// below PriorityLow: of its front message
	FirstItemCost int64                `json:"first_item_cost"`
	Connections   []ConnectionSnapshot `json:"connections"` // in the order of their turns
}

// A ConnectionSnapshot is what is queued of one connection and priority.
type ConnectionSnapshot struct {
	ConnectionID uint64 `json:"connection_id"`
	Size         int    `json:"size"` // messages
}

// Snapshot returns what the queue holds. It looks at every connection that has
// messages queued while it holds the lock: for people, not for the hot path.
func (q *Queue[C, M]) Snapshot() Snapshot {
	snapshot := Snapshot{
		Local:           q.local.length(),
		ThrottleBytes:   q.throttle.Current(),
		ThrottleMax:     q.throttle.Max(),
		ThrottleWaiters: q.throttle.Waiters(),
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	snapshot.Events = q.events.length
	snapshot.Messages = q.messages.length
	snapshot.OldestAge = q.oldestAge(time.Now())
	snapshot.MaxTokens = q.messages.maxTokens
	snapshot.MinCost = q.messages.minCost
	snapshot.TotalPriority = q.messages.prioritySum
	snapshot.Strict = snapshotSubqueues(q.messages.strict)
	snapshot.Shared = snapshotShared(q.messages.shared)
	return snapshot
}

func snapshotShared[C comparable, M any](ascending []*subqueue[C, M]) []PrioritySnapshot {
	snapshots := snapshotSubqueues(ascending)
	for i, s := range ascending {
		snapshot := &snapshots[len(snapshots)-1-i]
		snapshot.Tokens = s.bucket.tokens
		snapshot.FirstItemCost = s.front().cost
	}
	return snapshots
}

func snapshotSubqueues[C comparable, M any](ascending []*subqueue[C, M]) []PrioritySnapshot {
	snapshots := make([]PrioritySnapshot, 0, len(ascending))
	for i := len(ascending) - 1; i >= 0; i-- {
		s := ascending[i]
		priority := PrioritySnapshot{Priority: s.priority, Size: s.length}
		for c := s.turn; len(priority.Connections) < len(s.connections); c = c.next {
			priority.Connections = append(priority.Connections,
				ConnectionSnapshot{c.connectionID, c.length})
		}
		snapshots = append(snapshots, priority)
	}
	return snapshots
}
