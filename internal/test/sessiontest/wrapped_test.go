package sessiontest

import (
	"context"
	"net"
	"testing"
	"time"

	"simplemessenger/simplemsgr"
	"simplemessenger/wire"
)

// maskedConn changes every byte. Like many wrappers it has all methods of the socket below,
// SyscallConn too.
type maskedConn struct{ *net.TCPConn }

func mask(b []byte) []byte {
	masked := make([]byte, len(b))
	for i := range b {
		masked[i] = b[i] ^ 0x55
	}
	return masked
}

func (c maskedConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	copy(b, mask(b[:n]))
	return n, err
}

func (c maskedConn) Write(b []byte) (int, error) { return c.TCPConn.Write(mask(b)) }

type maskedListener struct{ net.Listener }

func (l maskedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return maskedConn{conn.(*net.TCPConn)}, nil
}

// Every byte goes through what the user has wrapped around a socket: nothing is read or written
// past it.
func TestNothingGoesPastAWrappedSocket(t *testing.T) {
	wrap := func(c *simplemsgr.Config) {
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return maskedConn{conn.(*net.TCPConn)}, nil
		}
		c.Accepter.Listen = func(ctx context.Context, network, address string) (net.Listener,
			error) {
			l, err := new(net.ListenConfig).Listen(ctx, network, address)
			return maskedListener{l}, err
		}
	}
	server := fastServer(t, simplemsgr.StatefulServer(), wrap, echo(t))
	answers := make(chan *simplemsgr.Message, 1)
	client := fastMessenger(t, wire.Client(1), simplemsgr.LosslessClient(), wrap,
		func(m *simplemsgr.Message) {
			answers <- m
		})
	must(t, client.Start())
	c, err := client.Connect(server.Inst())
	must(t, err)
	for _, size := range []int{10, 10, 5000, 200 << 10} {
		must(t, c.Send(&simplemsgr.Message{Type: 1, Front: make([]byte, size)}))
		select {
		case m := <-answers:
			if len(m.Front) != size {
				t.Errorf("sent %d bytes, %d came back", size, len(m.Front))
			}
		case <-time.After(time.Minute):
			t.Fatalf("no answer to %d bytes\n%s", size, client.Dump().JSON())
		}
	}
	// A socket without a mask is not understood.
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Addr().AddrPort().String())
	must(t, err)
	defer conn.Close()
	var banner [wire.BannerSize]byte
	if _, err := conn.Read(banner[:]); err != nil || wire.DecodeBanner(banner[:]) == nil {
		t.Errorf("read %q without the mask: %v", banner, err)
	}
}
