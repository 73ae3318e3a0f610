package monclient

import (
	"context"
	"fmt"
	"sync"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/messages"
	"simplemessenger/wire"
)

// Client is somebody who is logged in to the monitors of a cluster. Its methods may be called by
// many goroutines at once.
type Client struct {
	config   Config
	commands chan *command
	renewals chan *renewal
	asks     chan *subscription // that the monitor is to be asked for
	outgoing chan *outgoing

	stop   context.CancelFunc
	done   chan struct{} // closed when run has returned
	ready  chan struct{} // closed when the first login is complete
	denied chan error    // one slot: the first login was refused

	// Of run alone.
	login   *login
	pending map[uint64]*command // sent, not answered
	lastTID uint64

	mu      sync.Mutex // a leaf; guards what follows
	auth    auth.Client
	id      uint64
	monMap  *messages.MonMap // never changed, only replaced
	monitor wire.EntityInst
	lastErr error // why the last session ended, or did not begin

	subscriptions map[*subscription]struct{}
	logged        bool                 // the log has been subscribed to
	follows       map[string]*followed // by what is subscribed to
	followers     sync.WaitGroup       // none is added once closed is set
	closed        bool
}

var _ auth.ContextClient = (*Client)(nil)

// Dial logs in to one of the monitors and returns when that is done, when a monitor refuses us (the
// error wraps auth.ErrRefused), or when ctx ends (the error says what came of the last attempt).
// Close the Client to end it; ctx is for Dial alone.
func Dial(ctx context.Context, config Config) (*Client, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, commands: make(chan *command), renewals: make(chan *renewal),
		asks: make(chan *subscription), outgoing: make(chan *outgoing),
		subscriptions: map[*subscription]struct{}{},
		follows:       map[string]*followed{},
		pending:       map[uint64]*command{},
		done:          make(chan struct{}), ready: make(chan struct{}), denied: make(chan error, 1)}
	if err := c.newLogin(); err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.Background())
	c.stop = stop
	go c.run(life)

	select {
	case <-c.ready:
		return c, nil
	case err = <-c.denied:
	case <-ctx.Done():
		err = c.gaveUp(ctx, fmt.Sprintf("log in to one of %v", config.Monitors))
	}
	c.stop()
	<-c.done // waits for nobody: the session's messenger closes at once
	return nil, err
}

// Close ends the conversation. What is under way fails with ErrClosed. It returns when everything
// has ended, or with an error when ctx ends before.
func (c *Client) Close(ctx context.Context) error {
	c.stop()
	ended := make(chan struct{})
	go func() {
		<-c.done
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		c.followers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return errors.Wrap(ctx.Err(), "monclient: close")
	}
}

// GlobalID returns the number that the monitors gave us, which is that of our name: client.4123.
func (c *Client) GlobalID() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// MonMap returns the newest map of the monitors. It must not be changed.
func (c *Client) MonMap() *messages.MonMap {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.monMap
}

// Monitor returns name and address of the monitor that we talk to, or talked to last.
func (c *Client) Monitor() wire.EntityInst {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.monitor
}

// Authorizer implements auth.Client with the tickets, or the name, that the login has led to.
// Monitors get none. It may wait up to Config.RenewTimeout for a new ticket.
func (c *Client) Authorizer(peer wire.EntityType, fresh bool) (auth.Authorizer, error) {
	return c.AuthorizerContext(context.Background(), peer, fresh)
}

// AuthorizerContext implements auth.ContextClient: it is Authorizer that waits until ctx ends.
func (c *Client) AuthorizerContext(ctx context.Context, peer wire.EntityType,
	fresh bool) (auth.Authorizer, error) {
	if peer == wire.EntityMon {
		return nil, nil
	}
	return auth.AuthorizerOf(ctx, c.credentials(), peer, fresh)
}

// RequiredFeatures implements auth.Client.
func (c *Client) RequiredFeatures(peer wire.EntityType) wire.Features {
	return c.credentials().RequiredFeatures(peer)
}

func (c *Client) credentials() auth.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.auth
}

// newLogin begins anew, as somebody who was never logged in.
func (c *Client) newLogin() (err error) {
	if c.login, err = newLogin(&c.config); err == nil && c.login.cephx != nil {
		c.login.cephx.Tickets().SetRenew(c.renew)
	}
	return err
}

// loggedIn publishes what a login has led to.
func (c *Client) loggedIn(monitor wire.EntityInst) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.auth, c.id, c.monitor, c.lastErr = c.login.client(), c.login.globalID(), monitor, nil
	select {
	case <-c.ready:
	default:
		close(c.ready)
	}
}

func (c *Client) setMonMap(m *messages.MonMap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.monMap == nil || m.Epoch > c.monMap.Epoch {
		c.monMap = m
	}
}

func (c *Client) setLastError(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastErr = err
}

func (c *Client) lastError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastErr
}
