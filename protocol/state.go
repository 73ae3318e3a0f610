package protocol

// State is where a pipe stands in its life. Guarded by the pipe's lock.
type State uint8

// The states of a pipe.
//
//	ACCEPTING ──open──▶ OPEN ──fault──▶ CONNECTING ──▶ OPEN …
//	CONNECTING ─READY─▶ OPEN   │  └───▶ STANDBY ──something queued──▶ CONNECTING
//	CONNECTING ─WAIT──▶ WAIT   │
//	                    │      └─CLOSE─▶ CLOSING ──▶ CLOSED
//	                    └─ the peer's own connection replaces this pipe ─▶ CLOSED
const (
	// Accepting: the handshake on an accepted socket; the pipe is not in the registry yet.
	Accepting State = iota
	// Connecting: the writer opens, or waits to open, a connection.
	Connecting
	// Open: frames go both ways.
	Open
	// Standby: the session lives on without a socket until either side has something to send.
	Standby
	// Wait: the peer told us that its own connection to us wins the race.
	Wait
	// Closing: CLOSE was sent or received; what is queued is still written, what the peer sent is
	// still read.
	Closing
	// Closed: the end. The session is gone or has been handed over to another pipe.
	Closed
)

var stateNames = [...]string{"ACCEPTING", "CONNECTING", "OPEN", "STANDBY", "WAIT", "CLOSING",
	"CLOSED"}

// String returns the name in capitals, as logs and captures show it.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "UNKNOWN"
}
