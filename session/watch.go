package session

import (
	"context"
	"fmt"

	"simplemessenger/protocol"
)

// newsLocked wakes who waits for a change.
func (s *Session) newsLocked() {
	if s.news != nil {
		close(s.news)
		s.news = nil
	}
}

// look returns how the session is now, and a channel that is closed when that may have changed.
func (s *Session) look() (state protocol.State, news <-chan struct{}) {
	s.do(func() {
		state = s.state
		if s.news == nil && state != protocol.Closed {
			s.news = make(chan struct{})
		}
		news = s.news
	})
	return state, news
}

// State returns the state of the session: protocol.Open with a socket, protocol.Closed once the
// connection is dead. A connection to oneself is open until the messenger shuts down.
func (c *Connection) State() protocol.State {
	switch {
	case c.loopback == nil:
		return c.session.State()
	case c.Err() != nil:
		return protocol.Closed
	}
	return protocol.Open
}

// WaitForStateChange waits until the state is another one than last, and returns it; or the cause
// of the end of ctx, if that ends first. States that pass quickly may be missed.
func (c *Connection) WaitForStateChange(ctx context.Context,
	last protocol.State) (protocol.State, error) {
	state := c.State()
	err := c.await(ctx, "a change of state", func(now protocol.State) (bool, error) {
		state = now
		return now != last, nil
	})
	return state, err
}

// WaitOpen waits until the session is open on a socket, and has it connected if it stands by. It
// returns Err if the connection dies before, and if ctx ends first an error that is its cause and,
// if there was one, the latest fault. Faults by themselves do not end it: see Messenger.Dial of
// package simplemsgr.
func (c *Connection) WaitOpen(ctx context.Context) error {
	return c.WaitOpenUnless(ctx, nil)
}

// WaitOpenUnless is WaitOpen that also returns with a new fault for which hopeless, if it is not
// nil, says true.
func (c *Connection) WaitOpenUnless(ctx context.Context, hopeless func(error) bool) error {
	seen, _ := c.lastFault()
	err := c.await(ctx, "an open session", func(now protocol.State) (bool, error) {
		switch n, fault := c.lastFault(); {
		case now == protocol.Open:
			return true, nil
		case now == protocol.Closed:
			return true, c.Err()
		case n > seen && hopeless != nil && hopeless(fault):
			return true, fault
		case now == protocol.Standby:
			_ = c.SendKeepalive() // which is something to connect for
		}
		return false, nil
	})
	if _, fault := c.lastFault(); err != nil && fault != nil && context.Cause(ctx) != nil {
		return fmt.Errorf("%w; latest fault: %w", err, fault)
	}
	return err
}

// await looks at the state now and at each change, until over says that it is enough, or until ctx
// ends.
func (c *Connection) await(ctx context.Context, what string,
	over func(protocol.State) (bool, error)) error {
	for {
		state, news := c.State(), c.Done()
		if c.session != nil {
			state, news = c.session.look()
		}
		if enough, err := over(state); enough {
			return err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s with %v: %w", what, c.peer(), context.Cause(ctx))
		}
	}
}

// lastFault returns how many faults there were, and the latest.
func (c *Connection) lastFault() (n int, latest error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults, c.lastErr
}
