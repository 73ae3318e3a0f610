package main

// A Throttle is a budget of bytes or messages: whoever wants to read one takes from it first, and
// it is given back when the message was handled. Here nothing waits: who would have to is noted,
// and whoever makes room is told who goes on.
type Throttle struct {
	// TODO: the limit, what is taken, who waits
}

// NewThrottle returns a throttle of which limit may be taken at a time; 0 is no limit.
func NewThrottle(limit int64) *Throttle {
	return &Throttle{} // TODO
}

// Get takes n for a request. It returns false if that is not possible now: then the request waits,
// behind all who wait already, and one of the functions below names it when n has been taken for
// it.
func (t *Throttle) Get(id int, n int64) bool {
	return false // TODO
}

// Put gives n back. It returns the ids of those who go on by that, in order.
func (t *Throttle) Put(n int64) []int {
	return nil // TODO
}

// Cancel has a request that waits give up. It returns the ids of those who go on by that.
func (t *Throttle) Cancel(id int) []int {
	return nil // TODO
}

// SetLimit changes the limit. What is taken stays taken. It returns the ids of those who go on.
func (t *Throttle) SetLimit(limit int64) []int {
	return nil // TODO
}
