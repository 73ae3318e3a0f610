package recording

import "math"

// Kind tells what a step is.
type Kind string

// The kinds of steps.
const (
	Frame   Kind = "frame"   // a messenger has handed a frame to its socket
	Arrival Kind = "arrival" // the last byte of a frame was read at the other end
	End     Kind = "end"     // a socket is closed, or was found broken, at one end
	Event   Kind = "event"   // something happened within a messenger
	Quiet   Kind = "quiet"   // the same, too fine to be shown unless it is asked for
	Command Kind = "command" // somebody has done something to the run
	Note    Kind = "note"    // something to be read
)

// Step is one thing that happened. Numbers of steps count from 0.
type Step struct {
	// At is when it happened, in milliseconds from the start of the run.
	At   float64 `json:"at"`
	Kind Kind    `json:"kind"`
	// Lane is the messenger that it happened to, empty for all; of a frame, who sent it. To is who
	// the frame is for.
	Lane string `json:"lane,omitempty"`
	To   string `json:"to,omitempty"`
	// Socket is the number of the socket, from 1; 0 if there is none.
	Socket int    `json:"socket,omitempty"`
	Text   string `json:"text"`
	// Mark is "alarm" for faults, refusals and resets, "milestone" for what a reader looks for.
	Mark string `json:"mark,omitempty"`
	// Name is that of an event.
	Name string `json:"name,omitempty"`
	// Case is the row of the decision table by which a connect message was answered, Answer what
	// was answered.
	Case   string `json:"case,omitempty"`
	Answer string `json:"answer,omitempty"`
	// Of is the step of the frame that has arrived.
	Of *int `json:"of,omitempty"`
	// Frame is what was said.
	Frame *Said `json:"frame,omitempty"`
	// Pipes are those that are another way from now on.
	Pipes []Pipe `json:"pipes,omitempty"`
}

// Said is a frame with its fields.
type Said struct {
	Name       string   `json:"name"`
	Size       int      `json:"size"`
	Fields     []Field  `json:"fields,omitempty"`
	Hex        string   `json:"hex,omitempty"` // the first bytes, at most maxBytes
	Malformed  []string `json:"malformed,omitempty"`
	Incomplete bool     `json:"incomplete,omitempty"`
	Note       string   `json:"note,omitempty"`
}

// Field is a field of a frame, at its offset in bytes from the start of the frame.
type Field struct {
	Name   string `json:"name"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"`
	Value  any    `json:"value"`
	Text   string `json:"text,omitempty"`
}

// Pipe is how a session, or a socket that is not let in yet, is after a step.
type Pipe struct {
	// Key tells apart those of a run.
	Key  string `json:"key"`
	Lane string `json:"lane"`
	Peer string `json:"peer,omitempty"`
	// State is that of the session, Reader and Writer are the stages of the pipe's goroutines, and
	// Event is where the event engine stands, by Ceph's name; empty with the blocking engine.
	State  string `json:"state"`
	Reader string `json:"reader,omitempty"`
	Writer string `json:"writer,omitempty"`
	Event  string `json:"event,omitempty"`
	Lossy  bool   `json:"lossy,omitempty"`
	// The numbers of the session: see docs/negotiation.md.
	ConnectSeq    uint32 `json:"connect_seq"`
	PeerGlobalSeq uint32 `json:"peer_global_seq"`
	InSeq         uint64 `json:"in_seq"`
	InSeqAcked    uint64 `json:"in_seq_acked"`
	OutSeq        uint64 `json:"out_seq"`
	// Queued are the messages that wait to be written, Sent those that were and are not acked.
	Queued int `json:"queued"`
	Sent   int `json:"sent"`
	// Gone: it is no more.
	Gone bool `json:"gone,omitempty"`
}

// Run is a run without its steps.
type Run struct {
	// ID is its part of addresses on the page.
	ID    string `json:"id"`
	Title string `json:"title"`
	Lanes []Lane `json:"lanes"`
	// Live: it goes on.
	Live bool `json:"live,omitempty"`
}

// Lane is a messenger, or whoever else speaks.
type Lane struct {
	Name   string `json:"name"`
	Addr   string `json:"addr,omitempty"`
	Engine string `json:"engine,omitempty"`
}

// Recorded is a run that is over.
type Recorded struct {
	Run
	Steps []Step
}

// milliseconds rounds to a microsecond.
func milliseconds(ms float64) float64 { return math.Round(ms*1000) / 1000 }
