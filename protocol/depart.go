package protocol

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
