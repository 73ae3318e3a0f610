package main

// Message is what a user sends. Here its payload is just an ID.
type Message struct {
	ID       int
	Priority int // higher goes first
}

// Written is a message as it goes to the socket, with its number.
type Written struct {
	ID  int    `json:"id"`
	Seq uint64 `json:"seq"`
}

// Session keeps the books of a session: what is to be written, what was written and may have to be
// written again, and how far this side has received. It knows neither sockets nor bytes: whoever
// has a socket asks it what to write, and tells it what came.
type Session struct {
	lossy bool
	// TODO: the messages that wait, those that were sent and not acked, and the numbers
}

// NewSession begins a session, with an open socket. A lossy one ends with its socket.
func NewSession(lossy bool) *Session {
	return &Session{lossy: lossy}
}

// Send queues a message.
func (s *Session) Send(m Message) {
	// TODO
}

// Next returns the message that is to be written now, which is written then; false if there is
// none.
func (s *Session) Next() (Written, bool) {
	return Written{}, false // TODO
}

// Receive says that a message with that number came, and returns whether it is to be delivered.
func (s *Session) Receive(seq uint64) bool {
	return false // TODO
}

// Ack returns the number of the ack that is to be written now, which is written then; false if
// none is due.
func (s *Session) Ack() (uint64, bool) {
	return 0, false // TODO
}

// Acked says that the peer has everything up to that number.
func (s *Session) Acked(seq uint64) {
	// TODO
}

// Broke says that the socket is gone, and returns whether the session goes on.
func (s *Session) Broke() bool {
	return true // TODO
}

// InSeq returns how far this side has received: what it says after SEQ.
func (s *Session) InSeq() uint64 {
	return 0 // TODO
}

// Opened says that there is a socket again. If it was opened with SEQ, each side has told the other
// how far it has received: the peer has everything up to has. If it was opened with READY, nobody
// knows, and has means nothing.
func (s *Session) Opened(seq bool, has uint64) {
	// TODO
}
