package memnet_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplemessenger/memnet"
)

func TestDialErrors(t *testing.T) {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	client := n.Host("10.0.0.2")
	n.Host("10.0.0.1")
	for _, c := range []struct {
		network, address string
		want             error
	}{
		{"tcp", "10.0.0.1:6800", syscall.ECONNREFUSED},
		{"tcp", "10.0.0.99:6800", syscall.EHOSTUNREACH},
		{"tcp", "[fd00::1]:6800", syscall.ENETUNREACH},
		{"udp", "10.0.0.1:6800", net.UnknownNetworkError("udp")},
		{"tcp6", "10.0.0.1:6800", nil},
		{"tcp", "10.0.0.1", nil},
		{"tcp", "host:6800", nil},
	} {
		_, err := client.Dial(context.Background(), c.network, c.address)
		var opErr *net.OpError
		if !errors.As(err, &opErr) || opErr.Op != "dial" || c.want != nil &&
			!errors.Is(err, c.want) {
			t.Errorf("dial %s %s: %v, want %v", c.network, c.address, err, c.want)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Dial(ended, "tcp", "10.0.0.1:6800"); !errors.Is(err, context.Canceled) {
		t.Errorf("dial with an ended context: %v", err)
	}
}

func TestListenErrors(t *testing.T) {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	h := n.Host("10.0.0.1", "10.0.0.11", "fd00::1")
	listen(t, h, "10.0.0.1:6800")
	listen(t, h, "10.0.0.11:6800") // another address, the same port
	listen(t, h, "[::]:6900")
	for address, want := range map[string]error{
		"10.0.0.1:6800":  syscall.EADDRINUSE,
		"0.0.0.0:6800":   syscall.EADDRINUSE,
		":6800":          syscall.EADDRINUSE,
		"10.0.0.1:6900":  syscall.EADDRINUSE,
		"0.0.0.0:6900":   syscall.EADDRINUSE,
		"10.0.0.99:6800": syscall.EADDRNOTAVAIL,
	} {
		if _, err := h.Listen(context.Background(), "tcp", address); !errors.Is(err, want) {
			t.Errorf("listen on %s: %v, want %v", address, err, want)
		}
	}
	l, err := h.Listen(context.Background(), "tcp6", ":6800")
	if err != nil {
		t.Fatalf("listen for IPv6 only: %v", err)
	}
	closeConn(t, l)
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
	listen(t, h, "[fd00::1]:6800")
}

func TestPorts(t *testing.T) {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	h := n.Host("10.0.0.1")
	var got []string
	listen(t, h, "10.0.0.1:32769") // left out below
	l := listen(t, h, "10.0.0.1:0")
	got = append(got, l.Addr().String())
	for range 2 {
		got = append(got, dial(t, h, l.Addr().String()).LocalAddr().String())
	}
	want := []string{"10.0.0.1:32768", "10.0.0.1:32770", "10.0.0.1:32771"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}

// The range of ports goes round and leaves out those in use.
func TestPortsAreUsedAgain(t *testing.T) {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	server, client := n.Host("10.0.0.1"), n.Host("10.0.0.2")
	l := listen(t, server, "10.0.0.1:6800")
	keep := dial(t, client, "10.0.0.1:6800")
	accept(t, l)
	const ports = 60999 - 32768 + 1
	for range ports {
		c := dial(t, client, "10.0.0.1:6800")
		if c.LocalAddr().String() == keep.LocalAddr().String() {
			t.Fatalf("port of %v was given out again", keep.LocalAddr())
		}
		closeConn(t, c)
		closeConn(t, accept(t, l))
	}
}

func TestWildcardAndFamilies(t *testing.T) {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	server := n.Host("10.0.0.1", "fd00::1")
	client := n.Host("fd00::2", "10.0.0.2")
	l := listen(t, server, ":6800")
	for dialed, from := range map[string]string{
		"10.0.0.1:6800":          "10.0.0.2",
		"[::ffff:10.0.0.1]:6800": "10.0.0.2",
		"[fd00::1]:6800":         "fd00::2",
	} {
		c := dial(t, client, dialed)
		e := accept(t, l)
		if got := c.LocalAddr().(*net.TCPAddr).IP.String(); got != from {
			t.Errorf("dial %s: from %s, want %s", dialed, got, from)
		}
		if diff := cmp.Diff(c.RemoteAddr(), e.LocalAddr()); diff != "" {
			t.Errorf("the ends disagree (-client +server):\n%s", diff)
		}
	}
	specific := listen(t, n.Host("10.0.0.1"), "10.0.0.1:6801")
	self := dial(t, server, "10.0.0.1:6801")
	if got := self.LocalAddr().(*net.TCPAddr).IP.String(); got != "10.0.0.1" {
		t.Errorf("a host dials itself from %s", got)
	}
	accept(t, specific)
}

func TestHostIsMadeOnce(t *testing.T) {
	n := memnet.New(memnet.Config{})
	h := n.Host("10.0.0.1", "fd00::1")
	if n.Host("fd00::1") != h || n.Host("10.0.0.1", "fd00::1") != h {
		t.Error("the same address gives another host")
	}
	n.Host("10.0.0.2")
	defer func() {
		if recover() == nil {
			t.Error("an address was given to two hosts")
		}
	}()
	n.Host("10.0.0.3", "10.0.0.2")
}

func TestAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{})
		l := listen(t, p.serverHost, "10.0.0.1:6900")
		l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(time.Second))
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("accept: %v, want a timeout", err)
		}
		l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Time{})
		done := make(chan error)
		go func() {
			_, err := l.Accept()
			done <- err
		}()
		synctest.Wait()
		closeConn(t, l)
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v, want net.ErrClosed", err)
		}
	})
}

func TestCloseListenerResetsBacklog(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		l := listen(t, p.serverHost, "10.0.0.1:6900")
		c := dial(t, p.clientHost, "10.0.0.1:6900")
		closeConn(t, l)
		if _, err := readAll(c); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v, want ECONNRESET", err)
		}
	})
}

// A dial that is given up after it reached the server leaves a broken connection
// to accept, as in TCP.
func TestAbandonedDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{MinLatency: 2 * time.Second})
		l := listen(t, p.serverHost, "10.0.0.1:6900")
		for _, reaches := range []bool{false, true} {
			patience := time.Second
			if reaches {
				patience = 3 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			_, err := p.clientHost.Dial(ctx, "tcp", "10.0.0.1:6900")
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("dial: %v, want a timeout", err)
			}
		}
		if _, err := readAll(accept(t, l)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v, want ECONNRESET", err)
		}
		settle()
		if live := p.network.Conns(); len(live) != 1 {
			t.Errorf("connections %v are known, want the first one", live)
		}
	})
}

func TestHeldDials(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		l := listen(t, p.serverHost, "10.0.0.1:6900")
		p.network.HoldDials()
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error, 5)
		for i := range 5 {
			dialCtx := context.Background()
			if i == 3 {
				dialCtx = ctx
			}
			go func() {
				_, err := p.clientHost.Dial(dialCtx, "tcp", "10.0.0.1:6900")
				results <- err
			}()
			synctest.Wait() // makes the dial order known
		}
		held := p.network.HeldDials()
		if diff := cmp.Diff("[1 2 3 4 5]", fmt.Sprint(indexes(held))); diff != "" {
			t.Errorf("held dials (-want +got):\n%s", diff)
		}

		soon, cancelSoon := context.WithTimeout(t.Context(), time.Second)
		defer cancelSoon()
		if _, err := p.network.AwaitHeldDials(soon, 6); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited for a sixth dial: %v", err)
		}

		cancel() // the fourth one gives up, the second is reset
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("dial: %v, want context.Canceled", err)
		}
		held[1].Reset()
		if err := <-results; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("dial: %v, want ECONNRESET", err)
		}
		if p.network.ReleaseDial(4) || p.network.ReleaseDial(2) || p.network.ReleaseDial(99) {
			t.Error("a dial was released that is not held")
		}

		if !p.network.ReleaseDial(3) {
			t.Error("dial 3 is not held")
		}
		p.network.ReleaseDials()
		dial(t, p.clientHost, "10.0.0.1:6900") // not held any more
		for _, want := range []*memnet.Conn{held[2], held[0], held[4]} {
			if got := accept(t, l).RemoteAddr().String(); got != want.ClientAddr().String() {
				t.Errorf("accepted a connection from %s, want %v", got, want)
			}
		}
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

// A hook may take its time: the order of the dials stays theirs.
func TestHeldDialsKeepOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{}, func(c *memnet.Conn) {
			if c.Index() == 1 {
				time.Sleep(time.Second)
			}
		})
		l := listen(t, p.serverHost, "10.0.0.1:6900")
		p.network.HoldDials()
		for range 2 {
			go p.clientHost.Dial(t.Context(), "tcp", "10.0.0.1:6900")
			synctest.Wait()
		}
		held, err := p.network.AwaitHeldDials(t.Context(), 2)
		if err != nil || !cmp.Equal(indexes(held), []int{1, 2}) {
			t.Fatalf("held dials %v, %v, want 1 and 2", indexes(held), err)
		}
		p.network.ReleaseDials()
		for _, want := range held {
			if got := accept(t, l).RemoteAddr().String(); got != want.ClientAddr().String() {
				t.Errorf("accepted a connection from %s, want %v", got, want)
			}
		}
	})
}

func TestOnConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		p := connect(t, memnet.Config{}, func(c *memnet.Conn) {
			seen = append(seen, fmt.Sprint(c, " ", c.ClientHost(), " ", c.ServerHost()))
			if c.Index() == 1 {
				c.Reset()
			}
		})
		if _, err := p.clientHost.Dial(t.Context(), "tcp",
			"10.0.0.1:6800"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("dial that a hook resets: %v, want ECONNRESET", err)
		}
		if _, err := p.clientHost.Dial(t.Context(), "tcp",
			"10.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v, want ECONNREFUSED", err)
		}
		want := []string{
			"#0 10.0.0.2:32768 -> 10.0.0.1:6800 10.0.0.2 10.0.0.1",
			"#1 10.0.0.2:32769 -> 10.0.0.1:6800 10.0.0.2 10.0.0.1",
			"#2 10.0.0.2:32770 -> 10.0.0.1:1 10.0.0.2 10.0.0.1",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("hook saw (-want +got):\n%s", diff)
		}
		if got := indexes(p.network.Conns()); !cmp.Equal(got, []int{0}) {
			t.Errorf("connections %v are established, want 0", got)
		}
	})
}

func TestCloseNetwork(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		l := listen(t, p.serverHost, "10.0.0.1:6900")
		p.network.HoldDials()
		results := make(chan error, 4)
		go func() {
			_, err := p.clientHost.Dial(t.Context(), "tcp", "10.0.0.1:6900")
			results <- err
		}()
		go func() {
			_, err := l.Accept()
			results <- err
		}()
		go func() {
			_, err := p.client.Read(make([]byte, 1))
			results <- err
		}()
		go func() {
			_, err := p.client.Write(make([]byte, 1<<20))
			results <- err
		}()
		p.server.SetReadDeadline(time.Now().Add(time.Hour))
		synctest.Wait()
		p.network.Close()
		for range cap(results) {
			if err := <-results; !errors.Is(err, syscall.ECONNRESET) &&
				!errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		p.network.Close()
		if _, err := p.clientHost.Dial(t.Context(), "tcp",
			"10.0.0.1:6900"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dial: %v, want net.ErrClosed", err)
		}
		if _, err := p.clientHost.Listen(t.Context(), "tcp",
			":6900"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("listen: %v, want net.ErrClosed", err)
		}
		p.client.SetDeadline(time.Now().Add(time.Hour))
	})
}

func indexes(conns []*memnet.Conn) []int {
	var all []int
	for _, c := range conns {
		all = append(all, c.Index())
	}
	return all
}

// A connection has ended when both of its ends have, and a dial when it has failed.
func TestEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		defer n.Close()
		client, server := n.Host("10.0.0.2"), n.Host("10.0.0.1")
		var made []*memnet.Conn
		n.OnConn(func(c *memnet.Conn) {
			if c.Ended() {
				t.Error("it has ended before it began")
			}
			made = append(made, c)
		})
		if _, err := client.Dial(context.Background(), "tcp", "10.0.0.1:6800"); err == nil ||
			!made[0].Ended() {
			t.Errorf("%v, ended %v", err, made[0].Ended())
		}
		l := listen(t, server, "10.0.0.1:6800")
		a, err := client.Dial(context.Background(), "tcp", "10.0.0.1:6800")
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		closeConn(t, a)
		synctest.Wait()
		if made[1].Ended() {
			t.Error("it has ended at one end alone")
		}
		closeConn(t, b)
		synctest.Wait()
		if !made[1].Ended() {
			t.Error("it has not ended")
		}
	})
}
