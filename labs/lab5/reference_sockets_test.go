package lab5

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"simplemessenger/conformance"
	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// Targets implements network: the library's messenger over TCP.
func (r *reference) Targets() (server, client *conformance.Target, end func()) {
	return &conformance.Target{Name: "ours", Start: startServer},
		&conformance.Target{Name: "ours, calling", Start: startClient}, func() {}
}

func startServer(ctx context.Context, _ wire.EntityAddr) (*conformance.Instance, error) {
	policy := simplemsgr.StatefulServer()
	m := simplemsgr.New(wire.OSD(0), simplemsgr.Config{DefaultPolicy: &policy})
	m.AddDispatcher(simplemsgr.DispatcherFunc(func(got *simplemsgr.Message) bool {
		_ = got.Connection().Send(&simplemsgr.Message{Type: got.Type, TID: got.TID,
			Priority: got.Priority, Version: got.Version, CompatVersion: got.CompatVersion,
			Front: slices.Clone(got.Front), Middle: slices.Clone(got.Middle),
			Data: slices.Clone(got.Data)})
		return true
	}))
	if err := m.Bind(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if err := m.Start(); err != nil {
		return nil, err
	}
	at := m.Addr().AddrPort().String()
	return &conformance.Instance{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", at)
	}, Stop: func() string {
		_ = m.Shutdown(context.Background())
		return ""
	}}, nil
}

func startClient(_ context.Context, kit wire.EntityAddr) (*conformance.Instance, error) {
	policy := simplemsgr.LosslessClient()
	m := simplemsgr.New(wire.Client(1), simplemsgr.Config{DefaultPolicy: &policy})
	if err := m.Start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var pings sync.WaitGroup
	pings.Go(func() {
		for ctx.Err() == nil {
			_ = m.Send(wire.EntityInst{Name: wire.OSD(0), Addr: kit}, &simplemsgr.Message{Type: 2})
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	return &conformance.Instance{Stop: func() string {
		cancel()
		pings.Wait()
		_ = m.Shutdown(context.Background())
		return ""
	}}, nil
}

// Ping implements network; the reference is not asked to.
func (r *reference) Ping(context.Context, string) error { return nil }
