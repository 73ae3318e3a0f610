//go:build linux || darwin

package simplemsgr_test

import (
	"context"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// The socket of either side has the bound that was asked for.
func TestNotSentLowWater(t *testing.T) {
	const bound = 96 << 10
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	policy := simplemsgr.LosslessPeer()
	config := simplemsgr.Config{DefaultPolicy: &policy, TCPNotSentLowWater: bound}
	config.Accepter.PortMin, config.Accepter.PortMax = -1, -1
	sockets := make(chan net.Conn, 2)
	got := make(chan struct{})
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		sockets <- conn
		return conn, err
	}
	config.Accepter.Listen = func(ctx context.Context, network, address string) (net.Listener,
		error) {
		l, err := new(net.ListenConfig).Listen(ctx, network, address)
		return listenerTap{l, sockets}, err
	}
	a, b := simplemsgr.New(wire.OSD(0), config), simplemsgr.New(wire.OSD(1), config)
	a.AddDispatcher(simplemsgr.DispatcherFunc(func(*simplemsgr.Message) bool {
		close(got)
		return true
	}))
	start(t, a, "127.0.0.1:0")
	start(t, b, "127.0.0.1:0")
	if err := b.Send(a.Inst(), &simplemsgr.Message{Type: 1}); err != nil {
		t.Fatal(err)
	}
	<-got
	for range 2 {
		raw, err := (<-sockets).(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var has int
		if controlErr := raw.Control(func(fd uintptr) {
			has, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
		}); controlErr != nil || err != nil || has != bound {
			t.Errorf("the socket's bound is %d, want %d (%v, %v)", has, bound, controlErr, err)
		}
	}
	for _, m := range []*simplemsgr.Messenger{b, a} {
		if err := m.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}
}

// listenerTap shows the sockets that it accepts.
type listenerTap struct {
	net.Listener
	accepted chan<- net.Conn
}

func (l listenerTap) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.accepted <- conn
	}
	return conn, err
}
