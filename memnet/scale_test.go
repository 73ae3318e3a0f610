package memnet_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
)

// echo answers all bytes of all connections, until the listener is closed.
func echo(l net.Listener) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			io.Copy(c, c)
			c.Close()
		})
	}
}

// Thousands of sessions with random failures: whatever arrives is right, and
// nothing is left of them.
func TestManySessions(t *testing.T) {
	const hosts, sessions, rounds = 10, 100, 10
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{
			Seed: 1, FailOneIn: 100,
			MinLatency: time.Millisecond, MaxLatency: time.Second,
		})
		l := listen(t, n.Host("10.0.0.1"), "10.0.0.1:6800")
		var server sync.WaitGroup
		server.Go(func() { echo(l) })

		var clients sync.WaitGroup
		for i := range hosts {
			h := n.Host(net.IPv4(10, 0, 1, byte(i)).String())
			clients.Go(func() {
				var wg sync.WaitGroup
				for range sessions {
					wg.Go(func() { pingPong(t, h, rounds) })
				}
				wg.Wait()
			})
		}
		clients.Wait()
		closeConn(t, l)
		server.Wait()
		settle()
		if left := n.Conns(); len(left) > 0 {
			t.Errorf("%d connections are still known, the first %v", len(left), left[0])
		}
		n.Close()
	})
}

func pingPong(t *testing.T, h *memnet.Host, rounds int) {
	c, err := h.Dial(context.Background(), "tcp", "10.0.0.1:6800")
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	ping, pong := []byte("ping 0"), make([]byte, 6)
	for i := range rounds {
		ping[5] = byte('0' + i)
		if _, err := c.Write(ping); err != nil {
			return
		}
		if _, err := io.ReadFull(c, pong); err != nil {
			return
		}
		if string(ping) != string(pong) {
			t.Errorf("read %q, want %q", pong, ping)
		}
	}
}

func BenchmarkThroughput(b *testing.B) {
	for name, size := range map[string]int{"4KiB": 4 << 10, "1MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			p := connect(b, memnet.Config{})
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var reader sync.WaitGroup
			reader.Go(func() {
				io.CopyBuffer(struct{ io.Writer }{io.Discard}, p.server, make([]byte, 64<<10))
			})
			text := make([]byte, size)
			for b.Loop() {
				if _, err := p.client.Write(text); err != nil {
					b.Fatal(err)
				}
			}
			p.client.Close()
			reader.Wait()
		})
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	p := connect(b, memnet.Config{})
	b.ReportAllocs()
	var server sync.WaitGroup
	server.Go(func() {
		io.Copy(p.server, p.server)
		p.server.Close()
	})
	frame := make([]byte, 100)
	for b.Loop() {
		p.client.Write(frame)
		if _, err := io.ReadFull(p.client, frame); err != nil {
			b.Fatal(err)
		}
	}
	p.client.Close()
	server.Wait()
}

func BenchmarkSession(b *testing.B) {
	n := memnet.New(memnet.Config{})
	defer n.Close()
	l := listen(b, n.Host("10.0.0.1"), "10.0.0.1:6800")
	client := n.Host("10.0.0.2")
	b.ReportAllocs()
	for b.Loop() {
		c := dial(b, client, "10.0.0.1:6800")
		e := accept(b, l)
		c.Close()
		e.Close()
	}
}
