package session

import (
	"context"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// CloseGracefully is Close for who waits: CLOSE is written when the peer has acked everything, over
// as many sockets as that takes. It returns nil if all that was sent has been acked or, in a lossy
// session, if the peer has answered CLOSE, which says the same; otherwise what Err returns, or the
// *LossError of a remote reset that has dropped messages meanwhile. If ctx ends first that is the
// end, so that it is over in any case when it returns.
func (c *Connection) CloseGracefully(ctx context.Context) error {
	if c.session == nil {
		return nil
	}
	c.session.closeOrderly(true)
	select {
	case <-c.Done():
	case <-ctx.Done():
		c.session.closeInVain(errors.Wrap(context.Cause(ctx), "close gracefully"))
	}
	return c.session.howItLeft()
}

// Done is closed when the connection is dead: see Err.
func (c *Connection) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead == nil {
		c.dead = make(chan struct{})
		if c.loss != nil {
			close(c.dead)
		}
	}
	return c.dead
}

// Err returns nil while the connection is alive, then a *LossError that says why it is not, and
// what was dropped. It is an ErrClosed.
func (c *Connection) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loss == nil {
		return nil
	}
	return c.loss
}

// Context returns a context that ends when the connection is dead, with Err as its cause.
func (c *Connection) Context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.context == nil {
		c.context, c.cancel = context.WithCancelCause(context.Background())
		if c.loss != nil {
			c.cancel(c.loss)
		}
	}
	return c.context
}

// Protect calls f as the messenger calls its callbacks: a panic is told under that entry, and ends
// the session, unless Config.PassPanics lets it pass. Called without locks.
func (c *Connection) Protect(entry string, f func()) {
	defer c.host.Guard().Recover(entry, c, nil)
	f()
}

// end notes that the connection is dead, and why. The first time it returns what is to be called
// without locks, which may be nil.
func (c *Connection) end(loss *LossError) (cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loss != nil {
		return nil
	}
	c.loss = loss
	if c.dead != nil {
		close(c.dead)
	}
	if end := c.cancel; end != nil {
		return func() { end(loss) }
	}
	return nil
}

// EndLoopback ends the connection of a messenger to itself, which shuts down.
func EndLoopback(c *Connection) {
	if cancel := c.end(&LossError{Final: true, Exit: protocol.ExitStop}); cancel != nil {
		cancel()
	}
}
