package main

// Client is the connecting side of one handshake. It has no socket: who has one gives it what comes
// there, and sends what it returns.
type Client struct {
	config ClientConfig
	// TODO: what has come and is not complete, and how far the conversation has got.
}

// NewClient returns a client that has heard nothing yet. It speaks when the server's banner and
// addresses are there.
func NewClient(config ClientConfig) *Client { return &Client{config: config} }

// Receive takes what has come over the socket, in pieces of any size, and returns what is to be
// sent, and what is to be told. It may keep b.
func (c *Client) Receive(b []byte) (send []byte, events []Event) {
	return nil, nil // TODO
}
