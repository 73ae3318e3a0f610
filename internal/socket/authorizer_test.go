package socket_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"simplemessenger/auth"
	"simplemessenger/internal/socket"
	"simplemessenger/wire"
)

// waiter is a client that has no credentials, and says so when it is cut short.
type waiter struct{ asked chan context.Context }

func (waiter) Authorizer(wire.EntityType, bool) (auth.Authorizer, error) {
	return nil, errors.New("asked without a context")
}
func (waiter) RequiredFeatures(wire.EntityType) wire.Features { return 0 }
func (w waiter) AuthorizerContext(ctx context.Context, _ wire.EntityType,
	_ bool) (auth.Authorizer, error) {
	w.asked <- ctx
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func TestAuthorizerIsCutShort(t *testing.T) {
	done, w := make(chan struct{}), waiter{make(chan context.Context)}
	failed := make(chan error, 1)
	go func() {
		_, err := socket.Authorizer(socket.Lifetime(done), w, wire.EntityOSD, false)
		failed <- err
	}()
	ctx := <-w.asked
	if _, ok := ctx.Deadline(); ok || ctx.Err() != nil || ctx.Value(w) != nil {
		t.Errorf("deadline %v, %v, value %v", ok, ctx.Err(), ctx.Value(w))
	}
	derived, cancel := context.WithCancel(ctx)
	defer cancel()
	close(done)
	<-derived.Done()
	if err := <-failed; !errors.Is(err, context.Canceled) ||
		!strings.HasPrefix(err.Error(), "get authorizer: ") {
		t.Error(err)
	}
}
