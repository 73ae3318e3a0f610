package socket

import (
	"context"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/auth"
	"simplemessenger/wire"
)

// Authorizer gets the credentials of an attempt to connect. A client that can be cut short is, when
// ctx ends.
func Authorizer(ctx context.Context, client auth.Client, peer wire.EntityType,
	fresh bool) (auth.Authorizer, error) {
	a, err := auth.AuthorizerOf(ctx, client, peer, fresh)
	return a, errors.WithMessage(err, "get authorizer")
}

// Lifetime is a context that ends when done is closed, as it is when an attempt's link is shut.
func Lifetime(done <-chan struct{}) context.Context { return lifetime(done) }

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
