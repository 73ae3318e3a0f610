package view

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/pkg/errors"

	"simplemessenger/internal/command/engine"
	"simplemessenger/internal/command/view/recording"
)

// Options say what is shown, and where.
type Options struct {
	// Addr is where to listen, HOST:PORT; 127.0.0.1 and any port by default. Anything but loopback
	// is refused unless Anywhere is set: whoever has the address of the page can use it.
	Addr     string
	Anywhere bool
	// Runs are shown; without any messengers are run.
	Runs []recording.Recorded
	// Engines has the engine of each messenger of the first run; two blocking ones by default.
	Engines []engine.Engine
	// Record is where runs of messengers are written to, nil for nowhere. The page writes to
	// nothing else.
	Record io.Writer
	// Ready is called with the page's address, which has the token.
	Ready func(url string)
}

// Serve shows the page until ctx ends. It returns what kept it from that, or a run from being
// written. Whatever it returns, no messenger runs any more.
func Serve(ctx context.Context, o Options) (err error) {
	listener, err := listen(ctx, o)
	if err != nil {
		return err
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(ctx)
	runs := newRuns(ctx, o)
	defer func() {
		cancel()
		if closed := runs.close(); err == nil {
			err = closed
		}
	}()
	if err := runs.begin(); err != nil {
		return err
	}
	g := &guard{addr: listener.Addr().(*net.TCPAddr), token: rand.Text()}
	handler, err := g.protect(runs)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, BaseContext: func(net.Listener) context.Context { return ctx }}
	defer server.Close()
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if o.Ready != nil {
		o.Ready(g.url())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return errors.Wrap(err, "the page")
	}
	return nil
}

// listen opens the page's socket.
func listen(ctx context.Context, o Options) (net.Listener, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, errors.Wrap(err, "the page")
	}
	if addr := listener.Addr().(*net.TCPAddr); !addr.IP.IsLoopback() && !o.Anywhere {
		_ = listener.Close()
		return nil, errors.Errorf("the page would be reachable at %v, which is not loopback", addr)
	}
	return listener, nil
}
