package socket

import (
	"context"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Authorizer gets the credentials of an attempt to connect. A client that can be cut short is, when
// done is closed, as it is when the attempt's link is shut, or at the deadline, if there is one.
func Authorizer(client auth.Client, done <-chan struct{}, deadline time.Time, peer wire.EntityType,
	fresh bool) (auth.Authorizer, error) {
	var ctx context.Context = lifetime(done)
	if !deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	a, err := auth.AuthorizerOf(ctx, client, peer, fresh)
	return a, errors.WithMessage(err, "get authorizer")
}

// lifetime is the context of what a channel bounds: it ends when that is closed.
type lifetime <-chan struct{}

var _ context.Context = lifetime(nil)

func (lifetime) Deadline() (time.Time, bool) { return time.Time{}, false }

func (l lifetime) Done() <-chan struct{} { return l }

func (l lifetime) Err() error {
	select {
	case <-l:
		return context.Canceled
	default:
		return nil
	}
}

func (lifetime) Value(any) any { return nil }
