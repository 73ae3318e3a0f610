package dispatchqueue

import "strconv"

// Kind is what happened to a connection.
type Kind int

const (
	KindConnect     Kind = iota + 1 // we connected, and the peer is ready
	KindAccept                      // the peer connected, and we are ready
	KindRemoteReset                 // the peer has forgotten the session
	KindReset                       // the connection is gone, and what it had queued too
	KindRefused                     // nobody listens at the peer's address
	KindFault                       // a socket was given up, or an attempt to get one
)

// String returns the kind as one word: connect, accept, remote_reset, reset,
// refused or fault.
func (k Kind) String() string {
	switch k {
	case KindConnect:
		return "connect"
	case KindAccept:
		return "accept"
	case KindRemoteReset:
		return "remote_reset"
	case KindReset:
		return "reset"
	case KindRefused:
		return "refused"
	case KindFault:
		return "fault"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// An event waits for HandleEvent.
type event[C comparable] struct {
	kind       Kind
	connection C
	cause      error
}
