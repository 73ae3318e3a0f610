package session

import (
	"simplemessenger/protocol"
	"simplemessenger/wire"
)

// Breakpoint is a place in a pipe's life at which an Interceptor is called.
type Breakpoint struct {
	Pipe     uint64
	Incoming bool // the pipe was accepted
	Peer     wire.EntityAddr
	Stage    protocol.Stage
	Attempt  int      // how many sockets this pipe has had, from 1
	Tag      wire.Tag // of the frame just read or about to be written, where the stage has one
	// Done is closed when the socket or the pipe is given up: an Interceptor that blocks must
	// return then.
	Done <-chan struct{}
}

// Interceptor is called by a pipe's goroutines, without locks, when they enter a stage. It may
// block, to stall the pipe there, and it may return an error, to make the pipe fault there. Where
// the pipe has no socket that could fail (standby, back off) the error is ignored.
type Interceptor func(Breakpoint) error

// Intercept calls the interceptor of host, if it has one.
func Intercept(host Host, b Breakpoint) (err error) {
	interceptor := host.Config().Interceptor
	if interceptor == nil {
		return nil
	}
	defer host.Guard().Recover("Interceptor", nil, &err)
	return interceptor(b)
}
