package session

import (
	"fmt"
	"runtime/debug"

	"simplemessenger/auth"
	"simplemessenger/internal/frame"
	"simplemessenger/wire"
)

// PanicError: code of the user's panicked where the messenger had called it. What it was called for
// has failed with this error.
type PanicError struct {
	Entry string // what was called, such as "Dispatcher.Dispatch"
	Value any    // what it panicked with
	Stack []byte // of the goroutine, as package runtime prints it
	// Connection is the number of the session's handle that it was called for; 0 for none.
	Connection uint64
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in %s: %v", e.Entry, e.Value) }

// Unwrap returns the value, if that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Guard stands at every call from the messenger into code of its user: dispatchers and handlers,
// authentication, tracers, interceptors, sockets that are no plain ones. A panic there ends what
// the code was called for, and no more: the attempt to connect fails and backs off, the accepted
// socket is refused, an open session ends with a reset. It is told, with its stack. The process
// lives.
type Guard struct {
	PassOn bool // panics are not recovered
	// is told of each; called by the goroutine that panicked, perhaps with a session locked
	Tell func(*PanicError)
}

// Recover is deferred around one call. It puts a panic into err, and resets the session of c;
// either may be nil. With c the caller holds no locks.
func (g *Guard) Recover(entry string, c *Connection, err *error) {
	if g.PassOn {
		return
	}
	v := recover()
	if v == nil {
		return
	}
	e := &PanicError{Entry: entry, Value: v, Stack: debug.Stack()}
	if c != nil {
		e.Connection = c.id
	}
	if err != nil {
		*err = e
	}
	g.Tell(e)
	if c != nil && c.session != nil {
		c.session.reset(e)
	}
}

// guardedSecurity is a method's Security, which is the user's code.
type guardedSecurity struct {
	security auth.Security
	guard    *Guard
}

func (s *guardedSecurity) Sign(h *wire.MessageHeader, f *wire.Footer) (err error) {
	defer s.guard.Recover("auth.Security.Sign", nil, &err)
	s.security.Sign(h, f)
	return nil
}

func (s *guardedSecurity) Check(h *wire.MessageHeader, f *wire.Footer) (err error) {
	defer s.guard.Recover("auth.Security.Check", nil, &err)
	return s.security.Check(h, f)
}

// formatOf returns how the frames of a session look for which that was agreed.
func formatOf(host Host, agreed wire.Features, security auth.Security) frame.Format {
	c := host.Config()
	f := frame.Format{Features: agreed, NoCRCHeader: c.DisableCRCHeader,
		NoCRCData: c.DisableCRCData}
	if security != nil {
		f.Security = &guardedSecurity{security, host.Guard()}
	}
	return f
}
