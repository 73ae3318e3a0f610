package main

// Registry has one pipe for each peer address.
type Registry struct {
	policy Policy
	// TODO: what is registered.
}

// NewRegistry returns an empty registry.
func NewRegistry(policy Policy) *Registry {
	return &Registry{policy: policy} // TODO
}

// Entries returns what is registered, ordered by pipe.
func (r *Registry) Entries() []Entry {
	return nil // TODO
}

// Arrive decides over a connect message that has come on a new pipe. If the answer opens the
// session, the pipe is registered. Closed is the pipe that had to go for it, 0 for none.
func (r *Registry) Arrive(pipe int, a Arrival) (d Decision, closed int) {
	return Decision{}, 0 // TODO
}

// Dial returns the pipe to a peer. If there is none, this one is registered, and connects.
func (r *Registry) Dial(pipe int, peer Addr) int {
	return 0 // TODO
}

// Opened says that the peer has answered the connect message of a pipe that connects.
func (r *Registry) Opened(pipe int, connectSeq, peerGlobalSeq uint32) {
	// TODO
}

// Received says that a message has come over a pipe.
func (r *Registry) Received(pipe int, seq uint64) {
	// TODO
}

// Fault says that the socket of a pipe has broken. A lossy session is over; another one that was
// open waits in STANDBY.
func (r *Registry) Fault(pipe int) {
	// TODO
}

// MarkDown ends the session with a peer, and returns the pipe that had to go, 0 for none.
func (r *Registry) MarkDown(peer Addr) (closed int) {
	return 0 // TODO
}
