// Package pipe is the blocking engine: it carries sessions over sockets, with goroutines that block
// on them.
//
// A Pipe carries a session over one socket at a time. The session outlives the socket; it can even
// outlive the pipe, when a connection that the peer opened takes it over. What a session is, and
// what happens to it, is in package session; what two messengers decide about each other in package
// protocol; the bytes of frames and handshakes in internal/frame and internal/handshake. Here is
// who does it when: a story to be read from top to bottom.
//
// # Reading order
//
// [Pipe]; connect and accept, the two halves of a handshake, line by line, with accept_decide;
// reader and read_message; writer, which does the session's jobs; link and receive_buffer, what
// both know of the socket.
//
// # Goroutines
//
// The writer lives as long as the pipe: it connects, waits, and writes. (One exception: an answer
// may be written by the goroutine that sends it from within a fast dispatch, see session.Link.) The
// reader lives as long as one socket. An accepted socket has a third, short-lived one for its
// handshake, so that the others start with small stacks. All are started through Host.Go, whose
// owner waits for them. They end when the session does, or has got another carrier: the socket is
// closed under them, and every wait has the pipe's or the socket's done channel as its other end.
//
// No goroutine of a pipe holds a lock: what they share is the session, whose methods take its own.
package pipe
