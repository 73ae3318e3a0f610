package simplemsgr

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/session"
	"simplemessenger/trace"
	"simplemessenger/wire"
)

// Bind opens a listening socket on addr, in a form of wire.ParseHostAddr such as "10.0.0.1:6800",
// "localhost:0", "[::1]:0", "0.0.0.0:6800" or ":0"; port 0, or none, means the first free one of
// the configured range. The nonce is not given here: see Config.Nonce. The address is known by Addr
// afterwards. With an unspecified host it is complete only when the first peer that we connect to
// has told how it sees us, unless Config.Announce says it.
func (m *Messenger) Bind(ctx context.Context, addr string) error {
	resolved, err := ResolveAddr(ctx, addr, 0)
	switch {
	case err != nil:
		return errors.WithMessagef(err, "simplemsgr: bind %q", addr)
	case resolved.IsBlank():
		return errors.Errorf("simplemsgr: bind %q: there is no host to listen at", addr)
	case resolved.Nonce != 0:
		return errors.Errorf("simplemsgr: bind %q: the nonce belongs into Config.Nonce", addr)
	}
	if m.table.Closed() {
		return ErrShutdown
	}
	bound, err := m.accepter.Bind(ctx, resolved.AddrPort())
	if err != nil {
		return errors.WithMessage(err, "simplemsgr")
	}
	m.setAddr(bound, m.Addr().Nonce)
	return m.startAccepting()
}

// BindListener takes a socket that listens already.
func (m *Messenger) BindListener(l net.Listener) error {
	bound, err := m.accepter.Use(guardListener(l, &m.guard))
	if err != nil {
		return errors.WithMessage(err, "simplemsgr")
	}
	m.setAddr(bound, m.Addr().Nonce)
	return m.startAccepting()
}

func (m *Messenger) setAddr(ap netip.AddrPort, nonce uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bound = wire.NewEntityAddr(ap, nonce)
	m.addr = m.config.announced(m.bound)
	session.SetLoopbackAddr(m.loopback, m.addr)
}

// startAccepting starts the accepter if the messenger has started, and gives the socket back if it
// was closed meanwhile.
func (m *Messenger) startAccepting() error {
	open := m.table.IfOpen(func() {
		m.mu.Lock()
		started := m.started
		m.mu.Unlock()
		if started {
			m.accepter.Start()
		}
	})
	if !open {
		m.accepter.Stop() // it does not accept yet, so there is nobody to wait for
		return ErrShutdown
	}
	return nil
}

// Rebind moves the messenger to another port, which is none of avoid nor the old one, with a new
// nonce. All connections are marked down, with reset events: to the peers it is as if we had been
// restarted. If no port is free the messenger is left without one; its connections stay, and Bind
// may be tried.
func (m *Messenger) Rebind(ctx context.Context, avoid ...uint16) error {
	if m.table.Closed() {
		return ErrShutdown
	}
	bound, err := m.accepter.Rebind(ctx, avoid...)
	if err != nil {
		return errors.WithMessage(err, "simplemsgr: rebind")
	}
	nonce := newNonce()
	for nonce == m.Addr().Nonce {
		nonce = newNonce()
	}
	// What connects from now on has the new address. Sessions of the old one end before the new one
	// accepts.
	m.setAddr(bound, nonce)
	m.MarkDownAll()
	return m.startAccepting()
}

// Start begins to accept, to connect and to dispatch.
func (m *Messenger) Start() error {
	open := m.table.IfOpen(func() {
		m.mu.Lock()
		started := m.started
		m.started = true
		m.mu.Unlock()
		if !started {
			m.dispatch.queue.Start()
			m.accepter.Start()
			m.startKeepalives()
		}
	})
	if !open {
		return ErrShutdown
	}
	return nil
}

// Close begins the abrupt end and returns: nothing is accepted or connected any more, all
// connections are marked down, so that what is queued for peers is dropped, and so are messages
// that wait for their dispatch. The reset events are still delivered. It may be called from
// callbacks. Drain ends gracefully.
func (m *Messenger) Close() {
	if m.table.Close() {
		go m.shutdown()
	}
}

// shutdown ends everything, from the outside in. It belongs to Close, and Wait waits for it.
func (m *Messenger) shutdown() {
	defer close(m.done)
	close(m.stopping)
	m.sessions.stop()
	m.accepter.Stop()
	m.dropped = m.markDownAll()
	session.EndLoopback(m.loopback)
	m.engine.Stop()
	m.goroutines.Wait()
	m.dispatch.queue.Shutdown()
	m.dispatch.queue.Wait()
}

// Wait waits until the messenger, which somebody closes, has ended all its goroutines, or until ctx
// ends. Call it from outside of callbacks.
func (m *Messenger) Wait(ctx context.Context) error {
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return errors.Wrap(ctx.Err(), "simplemsgr: wait for shutdown")
	}
}

// Shutdown closes the messenger, which is abrupt, and waits: see Close. To lose nothing, use Drain.
// It returns a *DroppedError if messages were dropped that had never been sent, and the cause of
// ctx's end if that ends first: the messenger ends all the same. Call it from outside of callbacks.
func (m *Messenger) Shutdown(ctx context.Context) error {
	m.Close()
	if err := m.Wait(ctx); err != nil {
		return err
	}
	if dropped := m.dropped; dropped.Unsent > 0 {
		return &dropped
	}
	return nil
}

// sockets is the messenger as its accepter sees it.
type sockets struct{ m *Messenger }

// HandleSocket makes a pipe of an accepted socket.
func (s sockets) HandleSocket(conn net.Conn) {
	s.m.config.tune(conn)
	remote := s.remote(conn)
	var full session.TooManyHandshakesError
	if err := s.m.engine.Accept(conn); errors.As(err, &full) {
		s.m.traceAccept(remote, err, 0)
	}
}

func (s sockets) remote(conn net.Conn) (text string) {
	defer s.m.guard.Recover("net.Conn.RemoteAddr", nil, nil)
	return session.AddrString(conn.RemoteAddr())
}

func (s sockets) HandleAcceptError(err error, pause time.Duration) {
	s.m.traceAccept("", err, pause)
}

func (m *Messenger) traceAccept(remote string, err error, pause time.Duration) {
	if t := m.config.Pipe.Tracer; t != nil {
		t.Trace(trace.Record{Time: time.Now(), Messenger: m.name,
			Event: trace.AcceptFailed{Remote: remote, Err: err, Delay: pause}})
	}
}
