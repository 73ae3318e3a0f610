package monclient

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// run hunts for a monitor, talks to it until that ends, and hunts for the next one. It is the Client's goroutine.
func (c *Client) run(life context.Context) {
	defer close(c.done)
	defer c.stop()
	var last wire.EntityAddr // where the last session was
	for life.Err() == nil {
		s := c.hunt(life, last)
		if s == nil {
			return
		}
		begun := time.Now()
		err := s.converse(life)
		s.close()
		c.setLastError(err)
		last = s.peer.Addr
		// A monitor that logs us in and then fails us is not asked again and again without a pause.
		wait(life, c.config.HuntInterval-time.Since(begun))
	}
}

// hunt tries one monitor after the other until one has logged us in. It returns nil at the end of life.
func (c *Client) hunt(life context.Context, last wire.EntityAddr) *session {
	patience := c.config.HuntInterval
	for {
		for _, addr := range c.candidates(last) {
			s, err := c.open(life, addr, patience)
			if err == nil {
				return s
			}
			if life.Err() != nil {
				return nil
			}
			c.setLastError(err)
			if errors.Is(err, auth.ErrRefused) {
				c.refused(err)
			}
		}
		wait(life, patience/longPatience)
		patience = min(patience*3/2, longPatience*c.config.HuntInterval)
	}
}

// refused tells Dial, and those who wait for tickets, of which there will be none. Who was logged in before goes on with a new global id: the monitors may have forgotten the secret by which
// the ticket could prove that the old one was ours. Sessions with the old tickets are not touched by that.
func (c *Client) refused(err error) {
	select {
	case c.denied <- err:
	default:
	}
	for {
		select {
		case r := <-c.renewals:
			r.done <- err
			continue
		default:
		}
		break
	}
	if c.login.globalID() == 0 {
		return
	}
	if err := c.newLogin(); err != nil {
		c.setLastError(err) // cannot be: it was done before
	}
}

// candidates returns the addresses of the monitors in random order, the last one at the end.
func (c *Client) candidates(last wire.EntityAddr) []wire.EntityAddr {
	var all []wire.EntityAddr
	if m := c.MonMap(); m != nil {
		for _, mon := range m.Monitors {
			if a := mon.Addrs.Legacy(); !a.IsBlankIP() {
				all = append(all, a)
			}
		}
	}
	if len(all) == 0 {
		all = append(all, c.config.Monitors...)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i, a := range all {
		if a == last {
			return append(append(all[:i:i], all[i+1:]...), a)
		}
	}
	return all
}

// wait lets d pass, unless life ends before.
func wait(life context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-life.Done():
	}
}
