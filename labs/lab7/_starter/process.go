package main

// Mine are the fields that you keep of a connection.
type Mine struct {
	// TODO: what is to be written and was not taken yet; what was read of a message; what was
	// taken from throttles; …
}

// process goes on from the state that the connection is in, as far as it can: until what the state
// waits for is not there. It is called when the connection was accepted, when bytes have come, when
// the socket takes more, and when what it waited for was taken from a throttle. It may be called
// when there is nothing to do.
func process(c *Conn) {
	// TODO
}

// flush offers what is to be written to the socket. It is called in place of process when the
// socket takes more while the connection waits for a throttle.
func flush(c *Conn) {
	// TODO
}

// ended is called when the peer has closed the socket and process has nothing more to read, before
// the connection is closed. Whatever it has taken from throttles is to be given back.
func ended(c *Conn) {
	// TODO
}
