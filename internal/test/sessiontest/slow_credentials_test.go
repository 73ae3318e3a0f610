package sessiontest

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"simplemessenger/auth"
	"simplemessenger/internal/test/rawpeer"
	"simplemessenger/internal/test/simulator"
	"simplemessenger/memnet"
	"simplemessenger/pipe"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// slowWallet is a wallet whose credentials do not come, or whose fresh ones do not.
type slowWallet struct {
	wallet
	slow    func(fresh bool) bool
	waiting atomic.Int32
	cut     atomic.Int32 // how many waits were cut short
}

var _ auth.ContextClient = (*slowWallet)(nil)

func (w *slowWallet) AuthorizerContext(ctx context.Context, peer wire.EntityType,
	fresh bool) (auth.Authorizer, error) {
	if !w.slow(fresh) {
		return w.Authorizer(peer, fresh)
	}
	w.waiting.Add(1)
	defer w.waiting.Add(-1)
	select {
	case <-ctx.Done():
		w.cut.Add(1)
		return nil, context.Cause(ctx)
	case <-time.After(time.Hour):
		return nil, errors.New("no ticket within an hour")
	}
}

// An end of the connection does not wait for credentials, the first ones or fresh ones, and leaves
// nothing behind.
func TestEndsWhileCredentialsAreAwaited(t *testing.T) {
	ends := map[string]func(t *testing.T, b *rawBench, c *simplemsgr.Connection){
		"mark down": func(_ *testing.T, _ *rawBench, c *simplemsgr.Connection) { c.MarkDown() },
		"shutdown": func(t *testing.T, b *rawBench, _ *simplemsgr.Connection) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			dropped := new(simplemsgr.DroppedError)
			if err := b.self.Messenger.Shutdown(ctx); !errors.As(err, &dropped) {
				t.Errorf("shutdown: %v", err)
			}
		},
	}
	waits := map[string]func(fresh bool) bool{
		"any":   func(bool) bool { return true },
		"fresh": func(fresh bool) bool { return fresh },
	}
	for ended, end := range ends {
		for name, slow := range waits {
			t.Run(ended+"/"+name, func(t *testing.T) {
				w := &slowWallet{slow: slow}
				configure := func(c *simplemsgr.Config) { c.AuthClient = w }
				withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LosslessPeer(), configure,
					func(t *testing.T, b *rawBench) {
						c := b.connect("hello")
						peer := b.accept()
						awaitCredentials(t, peer, w, name)
						b.Settle()
						if n := w.waiting.Load(); n != 1 {
							t.Fatalf("%d wait for credentials", n)
						}
						start := time.Now()
						end(t, b, c)
						b.Settle()
						if took := time.Since(start); took != 0 {
							t.Errorf("it took %v", took)
						}
						if w.waiting.Load() != 0 || w.cut.Load() != 1 {
							t.Errorf("%d wait, %d were cut short", w.waiting.Load(), w.cut.Load())
						}
						if pipes := b.self.Messenger.Dump().Pipes; len(pipes) != 0 {
							t.Errorf("left behind: %+v", pipes)
						}
						if !errors.Is(c.Err(), pipe.ErrClosed) || c.LastError() != nil {
							t.Errorf("ended with %v, latest fault %v", c.Err(), c.LastError())
						}
						_ = peer.ExpectClosed()
					})
			})
		}
	}
}

// Credentials that do not come end the attempt when a handshake's time is over.
func TestCredentialsAreAwaitedForAHandshake(t *testing.T) {
	w := &slowWallet{slow: func(bool) bool { return true }}
	configure := func(c *simplemsgr.Config) { c.AuthClient = w }
	withRawPeerConfigured(t, wire.OSD(9), simplemsgr.LosslessPeer(), configure,
		func(t *testing.T, b *rawBench) {
			c := b.connect("hello")
			peer := b.accept()
			awaitCredentials(t, peer, w, "any")
			b.Sleep(29 * time.Second)
			if n := w.cut.Load(); n != 0 {
				t.Fatalf("%d waits were cut short: %v", n, c.LastError())
			}
			b.Sleep(2 * time.Second)
			if n := w.cut.Load(); n != 1 || !errors.Is(c.LastError(), os.ErrDeadlineExceeded) &&
				!errors.Is(c.LastError(), context.DeadlineExceeded) {
				t.Errorf("%d waits were cut short: %v", n, c.LastError())
			}
			_ = peer.ExpectClosed()
		})
}

// A peer that comes back while its last message is dispatched, for ever, waits for a handshake's
// time, and not with one socket more each time.
func TestComebackWaitsForAHandshake(t *testing.T) {
	simulator.Run(t, memnet.Config{}, func(t *testing.T, w *simulator.World) {
		b := &rawBench{World: w, raw: wire.EntityInst{Name: wire.Client(9),
			Addr: wire.EntityAddr{Nonce: 9}}}
		b.self = w.Endpoint(wire.OSD(0), "10.0.0.1", true)
		release := make(chan struct{})
		b.self.FastDispatch = true
		b.self.OnMessage = func(*simplemsgr.Message) { <-release }
		b.self.SetPolicy(wire.EntityClient, simplemsgr.StatefulServer())
		b.self.Start()
		defer close(release)
		first := b.dial()
		first.Open(wire.EntityOSD)
		first.SendMessage(1, "held up")
		b.Settle()
		for i := range 3 {
			again := b.dial()
			again.GlobalSeq = uint32(i + 2)
			again.Greet()
			connect := again.Connect(wire.EntityOSD)
			connect.ConnectSeq = 1
			again.SendConnect(connect)
			b.Sleep(31 * time.Second)
			_ = again.ExpectClosed()
		}
	})
}

// awaitCredentials carries a handshake up to where credentials are asked for, or fresh ones.
func awaitCredentials(t *testing.T, peer *rawpeer.Peer, w *slowWallet, which string) {
	t.Helper()
	peer.GreetClient()
	if which == "fresh" {
		peer.SendReply(peer.Reply(wire.TagBadAuthorizer, expectCredentials(t, peer, stale)))
	}
}
