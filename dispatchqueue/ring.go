package dispatchqueue

// ringMinimum is the number of slots that a ring is made with, and ringKeep the
// number that it keeps for good. Both are powers of two.
const (
	ringMinimum = 16
	ringKeep    = keepIdle
)

// A ring is a first-in, first-out list in a circular buffer. It doubles when it
// is full. Above ringKeep slots it halves when it is down to a quarter, so that a
// burst is paid for once but not forever. The zero value is empty.
type ring[T any] struct {
	slots  []T // the length is 0 or a power of two
	head   int // slot of the oldest element
	length int
}

func (r *ring[T]) push(x T) {
	if r.length == len(r.slots) {
		r.resize(max(2*len(r.slots), ringMinimum))
	}
	r.slots[(r.head+r.length)&(len(r.slots)-1)] = x
	r.length++
}

func (r *ring[T]) pop() (x T, ok bool) {
	if r.length == 0 {
		return x, false
	}
	var zero T
	x, r.slots[r.head] = r.slots[r.head], zero
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.length--
	if len(r.slots) > ringKeep && r.length <= len(r.slots)/4 {
		r.resize(len(r.slots) / 2)
	}
	return x, true
}

func (r *ring[T]) resize(size int) {
	slots := make([]T, size)
	n := copy(slots, r.slots[r.head:min(r.head+r.length, len(r.slots))])
	copy(slots[n:], r.slots[:r.length-n])
	r.slots, r.head = slots, 0
}
