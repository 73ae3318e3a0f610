package monclient

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// run hunts for a monitor, talks to it until that ends, and hunts for the next one. It is the
// Client's goroutine.
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

// hunt asks several monitors at once, and further ones as those fail, until one has logged us in.
// It returns nil at the end of life.
func (c *Client) hunt(life context.Context, last wire.EntityAddr) *session {
	patience := c.config.HuntInterval
	for {
		for left := c.candidates(last); len(left) > 0; {
			var s *session
			if s, left = c.try(life, left, patience); s != nil {
				return s
			}
			if life.Err() != nil {
				return nil
			}
		}
		wait(life, patience/longPatience)
		patience = min(patience*3/2, longPatience*c.config.HuntInterval)
	}
}

// try has monitors race for us, and logs in to the one that answers first. It returns the session,
// or nil and who is left to be asked.
func (c *Client) try(life context.Context, addrs []wire.EntityAddr,
	patience time.Duration) (*session, []wire.EntityAddr) {
	ctx, cancel := context.WithTimeoutCause(life, patience,
		errors.WithMessagef(ErrSilent, "within %v", patience))
	defer cancel()
	s, reply, left := c.race(ctx, addrs)
	if s == nil {
		return nil, nil
	}
	err := s.begin(ctx, reply)
	if err == nil {
		c.loggedIn(s.peer)
		return s, nil
	}
	s.close()
	if life.Err() == nil {
		c.setLastError(s.fault("login", err))
		if errors.Is(err, auth.ErrRefused) {
			c.refused(s.fault("login", err))
		}
	}
	return nil, left
}

// knock is how one monitor of a race answered.
type knock struct {
	session *session
	reply   auth.LoginReply
	err     error
}

// race sends the first request of a login to several monitors side by side, to HuntParallel of them
// at a time, and returns the one that answers first with its reply; nil if none does. left are the
// others that have not failed. All but the winner have ended when it returns.
func (c *Client) race(ctx context.Context,
	addrs []wire.EntityAddr) (winner *session, reply auth.LoginReply, left []wire.EntityAddr) {
	request, err := c.login.Begin()
	if err != nil {
		c.setLastError(err)
		return nil, reply, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan knock)
	running := 0
	for len(addrs) > 0 || running > 0 {
		for ; len(addrs) > 0 && running < c.config.HuntParallel &&
			winner == nil; addrs = addrs[1:] {
			s := c.newSession(addrs[0])
			running++
			go func() {
				reply, err := s.knock(ctx, request)
				if err != nil {
					s.close()
				}
				answers <- knock{s, reply, err}
			}()
		}
		if running == 0 {
			break
		}
		k := <-answers
		running--
		switch {
		case k.err == nil && winner == nil:
			winner, reply = k.session, k.reply
			cancel() // the others end
		case k.err == nil: // it came second
			k.session.close()
			left = append(left, k.session.peer.Addr)
		case winner != nil:
			left = append(left, k.session.peer.Addr)
		default:
			c.setLastError(k.session.fault("login", k.err))
		}
	}
	return winner, reply, append(left, addrs...)
}

// refused tells Dial, and those who wait for tickets, of which there will be none. Who was logged
// in before goes on with a new global id: the monitors may have forgotten the secret by which the
// ticket could prove that the old one was ours. Sessions with the old tickets are not touched by
// that.
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

// candidates returns the addresses of the monitors, each once, in random order, the last one at the
// end.
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
	asked := map[wire.EntityAddr]bool{}
	all = slices.DeleteFunc(all, func(a wire.EntityAddr) bool {
		again := asked[a]
		asked[a] = true
		return again
	})
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
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-life.Done():
	}
}
