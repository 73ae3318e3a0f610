package monclient

import (
	"context"
	"fmt"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/wire"
)

// converse is the second half of the conversation: it goes on until the connection breaks, the
// monitor falls silent, or life ends, and returns which.
func (s *session) converse(life context.Context) error {
	keepalive := time.NewTicker(s.c.config.PingInterval)
	defer keepalive.Stop()
	renewal := time.NewTimer(s.untilRenewal())
	defer renewal.Stop()

	if err := s.resendCommands(); err != nil {
		return err
	}
	// The login was a sign of life; from here on keepalives are.
	begun := time.Now()
	if err := s.connection.SendKeepalive(); err != nil {
		return err
	}
	for {
		var err error
		select {
		case <-life.Done():
			return ErrClosed
		case err = <-s.broken:
		case m := <-s.received:
			s.handle(m)
		case command := <-s.c.commands:
			err = s.send(command)
		case sub := <-s.c.asks:
			err = s.askFor(sub)
		case o := <-s.c.outgoing:
			err = s.connection.Send(o.message)
			o.sent <- err
		case <-s.resubscribe.C:
			err = s.subscribe()
		case r := <-s.c.renewals:
			err = s.renew(life, r.services)
			r.done <- err
		case <-renewal.C:
			err = s.renew(life, 0)
			renewal.Reset(s.untilRenewal())
		case <-keepalive.C:
			err = s.keepalive(life, begun)
		}
		if err != nil {
			return s.fault("session", err)
		}
	}
}

// keepalive asks for a sign of life, and looks for the last one.
func (s *session) keepalive(life context.Context, begun time.Time) error {
	alive := s.connection.LastKeepaliveAck()
	if alive.Before(begun) {
		alive = begun
	}
	if silent := time.Since(alive); silent > s.c.config.PingTimeout {
		return errors.WithMessagef(ErrSilent, "to keepalives for %v", silent)
	}
	if err := s.connection.SendKeepalive(); err != nil {
		return err
	}
	ctx, cancel := s.patience(life)
	defer cancel()
	return s.fetchRotating(ctx)
}

// renew gets new tickets for what is due, and for a set of services whether or not they are. An
// error ends the session: the next one begins with a whole login.
func (s *session) renew(life context.Context, services wire.EntityType) error {
	if s.c.login.tickets() == nil {
		return nil
	}
	request, needed, err := s.c.login.cephx.RenewNow(services)
	if err != nil || !needed {
		return err
	}
	ctx, cancel := s.patience(life)
	defer cancel()
	return s.exchange(ctx, request)
}

func (s *session) patience(life context.Context) (context.Context, context.CancelFunc) {
	d := s.c.config.HuntInterval
	return context.WithTimeoutCause(life, d, errors.WithMessagef(ErrSilent, "within %v", d))
}

// untilRenewal returns how long the tickets can be left alone.
func (s *session) untilRenewal() time.Duration {
	tickets := s.c.login.tickets()
	if tickets == nil {
		return never
	}
	due := tickets.NextRenewal()
	if due.IsZero() {
		return never
	}
	return max(due.Sub(s.c.config.Now()), time.Second)
}

// renewal is the wish of somebody who was refused with the tickets that there are.
type renewal struct {
	services wire.EntityType
	done     chan error // one slot
}

// renew is the way by which a TicketSet renews itself. It is called in the goroutine of a pipe that
// connects.
func (c *Client) renew(ctx context.Context, services wire.EntityType) error {
	short, cancel := context.WithTimeout(ctx, c.config.RenewTimeout)
	defer cancel()
	r := &renewal{services: services, done: make(chan error, 1)}
	select {
	case c.renewals <- r:
	case <-c.done:
		return ErrClosed
	case <-ctx.Done():
		return errors.Wrap(context.Cause(ctx), "monclient: get new tickets")
	case <-short.Done():
		return c.gaveUp(short, fmt.Sprintf("get new tickets within %v", c.config.RenewTimeout))
	}
	select {
	case err := <-r.done:
		return err
	case <-c.done:
		return ErrClosed
	case <-ctx.Done():
		return errors.Wrap(context.Cause(ctx), "monclient: get new tickets")
	}
}
