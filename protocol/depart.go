package protocol

import "time"

// Departure is what a session does next that its user has closed, CLOSE not being said yet.
type Departure uint8

// The departures.
const (
	DepartLater  Departure = iota // when more is acked, or there is a socket
	DepartByWord                  // write what is queued, and then CLOSE
	DepartAtOnce                  // without a word: there is no socket, and nothing to say
	DepartAsTold                  // the peer has said CLOSE: answer it
)

// Depart returns what a session does whose end was put off until nothing that was sent can be lost
// to a broken socket. Empty says that nothing is queued or unacked. A lossy session has no acks to
// wait for: the answer to CLOSE says as much.
func Depart(state State, lossy, empty bool) Departure {
	switch {
	case state == Closing:
		return DepartAsTold
	case state == Open && (lossy || empty):
		return DepartByWord
	case state != Open && empty:
		return DepartAtOnce
	}
	return DepartLater
}

// Farewell is what a session does next to which the peer has said CLOSE.
type Farewell uint8

// The farewells.
const (
	FarewellAnswer Farewell = iota // write what is queued, and CLOSE; the peer closes the socket
	FarewellBehind                 // close the socket when our own CLOSE is written
	FarewellOver                   // close it: both have said all
)

// HearClose returns what a session does that hears CLOSE. Sent says that its own CLOSE has been
// given to a write, and writing that this is not over: the peer may have got it already, and
// answer, or say it at the same time and wait for what goes before ours.
func HearClose(sent, writing bool) Farewell {
	switch {
	case !sent:
		return FarewellAnswer
	case writing:
		return FarewellBehind
	}
	return FarewellOver
}

// AwaitEnd returns for how long who has heard CLOSE waits for the peer to close the socket, until
// it asks again; 0 if it gives up. Came is how long ago the peer's CLOSE was heard, and written how
// long ago our answer was written, 0 if it is not yet. The peer has a handshake's time for closing.
// While it waits for the answer itself the read timeout counts, if that is positive.
func AwaitEnd(came, written, handshake, read time.Duration) time.Duration {
	switch {
	case written > 0:
		return max(handshake-written, 0)
	case read > 0 && came >= read:
		return 0
	}
	return handshake
}
