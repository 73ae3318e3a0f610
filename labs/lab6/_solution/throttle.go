package main

// A Throttle is a budget of bytes or messages.
type Throttle struct {
	limit, taken int64
	waiting      []request
}

type request struct {
	id int
	n  int64
}

// NewThrottle returns a throttle of which limit may be taken at a time; 0 is no limit.
func NewThrottle(limit int64) *Throttle { return &Throttle{limit: limit} }

func (t *Throttle) fits(n int64) bool {
	if t.limit == 0 {
		return true
	}
	if n > t.limit {
		return t.taken <= t.limit
	}
	return t.taken+n <= t.limit
}

// wake lets those go on who can, from the front.
func (t *Throttle) wake() []int {
	var woken []int
	for len(t.waiting) > 0 && t.fits(t.waiting[0].n) {
		t.taken += t.waiting[0].n
		woken = append(woken, t.waiting[0].id)
		t.waiting = t.waiting[1:]
	}
	return woken
}

// Get takes n for a request, or has it wait.
func (t *Throttle) Get(id int, n int64) bool {
	if len(t.waiting) > 0 || !t.fits(n) {
		t.waiting = append(t.waiting, request{id, n})
		return false
	}
	t.taken += n
	return true
}

// Put gives n back.
func (t *Throttle) Put(n int64) []int {
	t.taken -= n
	return t.wake()
}

// Cancel has a request give up.
func (t *Throttle) Cancel(id int) []int {
	for i, w := range t.waiting {
		if w.id == id {
			t.waiting = append(t.waiting[:i:i], t.waiting[i+1:]...)
			break
		}
	}
	return t.wake()
}

// SetLimit changes the limit.
func (t *Throttle) SetLimit(limit int64) []int {
	t.limit = limit
	return t.wake()
}
