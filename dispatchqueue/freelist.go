package dispatchqueue

// How many unused things are kept to be used again: well above what is queued
// while a handler keeps up, and small enough to forget.
const (
	keepIdle           = 1024 // messages, connections
	keepIdlePriorities = 64   // each with a map that may have grown to keepIdle connections
)

// A freeList keeps up to keep unused T; more are left to the garbage collector.
// It is not safe for concurrent use.
type freeList[T any] struct {
	idle []*T
	keep int
}

// get returns an unused T, which is as it was when it was put.
func (l *freeList[T]) get() *T {
	last := len(l.idle) - 1
	if last < 0 {
		return new(T)
	}
	x := l.idle[last]
	l.idle[last] = nil
	l.idle = l.idle[:last]
	return x
}

func (l *freeList[T]) put(x *T) {
	if len(l.idle) < l.keep {
		l.idle = append(l.idle, x)
	}
}
