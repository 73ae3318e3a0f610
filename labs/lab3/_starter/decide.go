package main

// Decide says what to answer to a connect message, and what becomes of e, the pipe that is
// registered for its sender; nil if there is none.
func Decide(a Arrival, e *Existing) Decision {
	return Decision{} // TODO
}
