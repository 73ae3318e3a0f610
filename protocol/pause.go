package protocol

import "time"

// PauseAfter is the rule of pauses: how long to wait before the next connection when a socket has
// ended. opened says that a session was open on it; otherwise it was an attempt, or an accept, that
// failed. fruitless counts what has come to nothing in a row: it is 0 again with each message that
// is delivered or acked, and once a session has been open for as long as the longest pause. Nothing
// else that a peer says counts: a peer that opens every session to say one word would have us run
// in circles.
//
// The second result is the new count.
func PauseAfter(opened bool, fruitless int, initial, longest time.Duration) (time.Duration, int) {
	if opened && fruitless == 0 {
		return 0, 1 // the first time may be bad luck
	}
	fruitless = max(fruitless, 1)
	pause := initial
	for n := 1; n < fruitless && pause < longest; n++ {
		pause += min(pause, longest-pause)
	}
	return min(pause, longest), fruitless + 1
}

// Steady reports whether a session that was open on a socket for so long has got somewhere by that
// alone: the pauses begin anew.
func Steady(open, longestPause time.Duration) bool { return open >= longestPause }
