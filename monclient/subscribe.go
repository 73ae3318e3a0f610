package monclient

import (
	"context"
	"iter"

	"github.com/pkg/errors"

	"simplemessenger/messages"
)

// What Subscribe subscribes to. There are five levels of the log, each with those above it.
const (
	MonMap = "monmap"
	OSDMap = "osdmap"
	MgrMap = "mgrmap"
	// Options are the options that the monitors keep for us ("ceph config set").
	Options = "config"

	LogDebug    = "log-debug"
	LogInfo     = "log-info"
	LogSecurity = "log-sec"
	LogWarning  = "log-warn"
	LogError    = "log-error"
)

// ErrBehind ends a subscription to the log whose reader is so slow that more lines wait for it than
// Config.SubscriptionLimit or SubscriptionLimitBytes allow.
var ErrBehind = errors.New("monclient: the reader of a subscription is too slow")

// Update is what a subscription brings. What is in it must not be changed: others have it too.
type Update struct {
	What string // as it was asked for
	// Epoch is that of the map, or the version of the log; 0 for Options, which have none. Who
	// subscribes again, from Epoch + 1, goes on behind it.
	Epoch uint64

	// One of these is set, but for OSDMap.

	MonMap *messages.MonMap
	MgrMap *messages.MgrMap
	// OSDMap is the whole map of that epoch. It is nil only where a subscription began from an
	// epoch above 0 and has seen nothing but changes since.
	OSDMap *messages.OSDMap
	// Change is what has made OSDMap of the one before it; nil if the map came as a whole.
	Change  *messages.OSDMapIncremental
	Log     []messages.LogEntry
	Options map[string]string
}

// Subscribe asks the monitors for a map, for the log or our options, and for all that follows,
// until ctx ends, the Client is closed, or the loop is left. from is the first epoch that is
// wanted; 0 stands for the present one, whatever it is, and in the log for the lines that are
// written from now on, perhaps with the last one before them.
//
//	for update, err := range c.Subscribe(ctx, monclient.OSDMap, 0) {
//		if err != nil {
//			return err // it is the last round
//		}
//		fmt.Println(update.Epoch, len(update.OSDMap.OSDs))
//	}
//
// It is an iterator and no channel since a loop that is left leaves nothing behind, no goroutine
// and no subscription, and since the error that ends it cannot be overlooked. Each loop is a
// subscription of its own. An error comes once, as the last thing: of ctx with the last fault of
// the monitors, ErrClosed, or what is wrong with bytes that a monitor has sent.
//
// It goes on over the death of monitors: the next one is asked for what comes behind the last
// update. No epoch comes twice, and none of the osdmap or the log is left out, as long as the
// monitors have it. Where they have not, as after a long absence, a whole osdmap takes the place of
// the changes that they have forgotten. Of the other maps and the options only the newest counts,
// and monitors send no more.
//
// What comes while the loop's body works waits in memory, up to Config.SubscriptionLimit updates
// and SubscriptionLimitBytes. At the limit the osdmap is left to wait at the monitors, and asked
// for again, from where it was left, when the loop has caught up; of the other maps and the options
// the last one that waits gives way to the newer one; a subscription to the log ends with
// ErrBehind.
//
// A Client subscribes to the log once in its life, since nothing in a line of the log tells for
// which subscription it came. Who wants it twice needs two Clients.
func (c *Client) Subscribe(ctx context.Context, what string,
	from uint64) iter.Seq2[*Update, error] {
	return func(yield func(*Update, error) bool) {
		s, err := c.register(what, from)
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.unregister(s)
		for {
			update, err := c.nextUpdate(ctx, s)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(update, nil) {
				return
			}
		}
	}
}

// register makes a subscription, which has to be asked for yet.
func (c *Client) register(what string, from uint64) (*subscription, error) {
	s := newSubscription(&c.config, what, from)
	if s == nil {
		return nil, errors.Errorf("monclient: subscribe to %q: not known here", what)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.kind == kindLog {
		if c.logged {
			return nil, errors.Errorf("monclient: subscribe to %s: this client has subscribed to "+
				"the log before; it takes another client", what)
		}
		c.logged = true
	}
	c.subscriptions[s] = struct{}{}
	return s, nil
}

func (c *Client) unregister(s *subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subscriptions, s)
}

// subscribed returns the subscriptions there are, of one kind or of all.
func (c *Client) subscribed(kinds ...kind) (all []*subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.subscriptions {
		for _, k := range kinds {
			if s.kind == k {
				all = append(all, s)
			}
		}
		if len(kinds) == 0 {
			all = append(all, s)
		}
	}
	return all
}

// nextUpdate waits for what comes next. It asks the monitors when that has not been done, or when
// something could not be kept.
func (c *Client) nextUpdate(ctx context.Context, s *subscription) (*Update, error) {
	for {
		waiting, state := s.take()
		switch {
		case state == stateFailed:
			return nil, s.failure()
		case waiting != nil:
			update, err := s.read(waiting)
			if err != nil {
				return nil, errors.WithMessagef(err, "monclient: subscription to %s", s.what)
			}
			return update, nil
		}
		ask := c.asks
		if state != stateBehind {
			ask = nil
		}
		select {
		case ask <- s:
		case <-s.wake:
		case <-c.done:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, c.gaveUp(ctx, "subscription to "+s.what)
		}
	}
}
