package conformance

import (
	"context"
	"net"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// crashGrace is how long a connection is waited for whose messenger has crashed.
const crashGrace = 200 * time.Millisecond

// listener is where the kit waits for the messenger under test.
type listener struct {
	net.Listener
	addr  wire.EntityAddr
	conns chan net.Conn
	done  chan struct{}
}

// listen begins to accept. Connections that nobody asks for are closed at the end.
func listen(l net.Listener, nonce uint32) *listener {
	ln := &listener{Listener: l, addr: wire.EntityAddrFromNet(l.Addr(), nonce),
		conns: make(chan net.Conn, 64), done: make(chan struct{})}
	go func() {
		defer close(ln.done)
		defer close(ln.conns)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			select {
			case ln.conns <- conn:
			default:
				conn.Close() // who calls so often without being answered is turned away
			}
		}
	}()
	return ln
}

// accept returns the next connection of the messenger under test. For one that has crashed it does
// not wait, beyond what is on its way.
func (l *listener) accept(ctx context.Context, within time.Duration, from *Instance) (net.Conn,
	error) {
	if l == nil {
		return nil, errors.New("accept: the case's role does not listen")
	}
	var ended <-chan struct{}
	if from != nil {
		ended = from.Ended
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		select {
		case conn, open := <-l.conns:
			if !open {
				return nil, errors.New("the listener was closed")
			}
			return conn, nil
		case <-ended:
			ended = nil // who ends in order may have gone on in the background
			if from.Crashed != nil && from.Crashed() != "" {
				within = min(within, crashGrace)
				timer.Reset(within)
			}
		case <-timer.C:
			return nil, &unreachableError{
				errors.Errorf("expected a connection: none came within %v", within)}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// end stops accepting and closes what nobody asked for.
func (l *listener) end() {
	l.Close()
	<-l.done
	for conn := range l.conns {
		conn.Close()
	}
}
