package protocol

// Exit is a way out of a session: each has one word, and a row of Exits.
type Exit uint8

// The ways out.
const (
	// its socket broke, or came to nothing, and the policy does not keep it
	ExitFault    Exit = iota
	ExitGoodbye       // the same, but its peer closed the socket while nothing was under way
	ExitClose         // both sides have said CLOSE, or one has and the socket is gone
	ExitMarkDown      // its user marked its handle down
	ExitStop          // the messenger marks the peer down, or shuts down
	ExitPanic         // code of the user's panicked over it
	ExitEvict         // another session needs its place, or its peer has not come back
	ExitReplace       // a lossy peer has connected anew
	ExitAbandon       // it is closing, and another session with the peer begins
	ExitRefuse        // its peer was not let in: there was no handle yet
)

// Leaving says what becomes of what a session leaves behind. What is queued for the peer is dropped
// on each way.
type Leaving struct {
	Word string
	Says string // the same for people, behind "connection is closed: "
	// Discard: what was received and waits for its dispatch is dropped. What is kept may be
	// dispatched after the reset event.
	Discard bool
	// Delayed: messages whose delivery is put off on purpose are dropped too. They wait below the
	// dispatch queue.
	Delayed bool
	// Reset: the user is told of a reset.
	Reset bool
}

// Exits has a row for each way out: word and sentence, then Discard, Delayed and Reset.
var Exits = [...]Leaving{
	ExitFault:    {"fault", "its socket broke", true, true, true},
	ExitGoodbye:  {"goodbye", "the peer has left", true, true, true},
	ExitClose:    {"close", "closed in order", false, false, true},
	ExitMarkDown: {"mark down", "marked down", false, true, false},
	ExitStop:     {"stop", "the messenger ended it", false, true, true},
	ExitPanic:    {"panic", "code of the user panicked", true, true, true},
	ExitEvict:    {"evict", "evicted", true, true, true},
	ExitReplace:  {"replace", "the peer has connected anew", true, true, true},
	ExitAbandon:  {"abandon", "another session with the peer begins", false, false, true},
	ExitRefuse:   {"refuse", "its peer was not let in", false, false, false},
}

// String returns the word.
func (e Exit) String() string { return Exits[e].Word }
