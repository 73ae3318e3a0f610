package memnet_test

import (
	"context"
	"io"
	"net"
	"testing"

	"go.uber.org/goleak"

	"simplemessenger/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is one connection between two hosts.
type pair struct {
	network                *memnet.Network
	clientHost, serverHost *memnet.Host
	conn                   *memnet.Conn
	client, server         net.Conn
}

// connect makes a network of two hosts and one connection; hooks see it before
// its handshake.
func connect(t testing.TB, config memnet.Config, hooks ...func(*memnet.Conn)) *pair {
	t.Helper()
	p := &pair{network: memnet.New(config)}
	t.Cleanup(p.network.Close)
	p.clientHost, p.serverHost = p.network.Host("10.0.0.2"), p.network.Host("10.0.0.1")
	listener := listen(t, p.serverHost, "10.0.0.1:6800")
	p.network.OnConn(func(c *memnet.Conn) { p.conn = c })
	for _, hook := range hooks {
		p.network.OnConn(hook)
	}
	p.client = dial(t, p.clientHost, "10.0.0.1:6800")
	p.server = accept(t, listener)
	return p
}

func listen(t testing.TB, h *memnet.Host, address string) net.Listener {
	t.Helper()
	l, err := h.Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func dial(t testing.TB, h *memnet.Host, address string) net.Conn {
	t.Helper()
	c, err := h.Dial(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func accept(t testing.TB, l net.Listener) net.Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if n, err := io.WriteString(c, text); n != len(text) || err != nil {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(text), err)
	}
}

// wantRead reads as many bytes as want has and compares them.
func wantRead(t testing.TB, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil {
		t.Fatalf("read %q, then %v, want %q", got[:n], err, want)
	}
	if string(got) != want {
		t.Fatalf("read %q, want %q", got, want)
	}
}

// readAll reads to the end; a clean end is a nil error.
func readAll(c net.Conn) (string, error) {
	got, err := io.ReadAll(c)
	return string(got), err
}

func closeWrite(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

func closeConn(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
