package main

// Server is the accepting side of one handshake.
type Server struct {
	config ServerConfig
	// TODO: what has come and is not complete, and how far the conversation has got.
}

// NewServer returns a server that has heard nothing yet.
func NewServer(config ServerConfig) *Server { return &Server{config: config} }

// Start returns what the server says first.
func (s *Server) Start() []byte {
	return nil // TODO
}

// Receive takes what has come over the socket, in pieces of any size, and returns what is to be
// sent, and what is to be told. After KindConnect it waits for Answer.
func (s *Server) Receive(b []byte) (send []byte, events []Event) {
	return nil, nil // TODO
}

// Answer says what becomes of the connect message that was told last.
func (s *Server) Answer(v Verdict) (send []byte, events []Event) {
	return nil, nil // TODO
}
