package memnet_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
)

// Every configuration under which a connection must still be a net.Conn.
var configurations = map[string]memnet.Config{
	"plain":        {},
	"small buffer": {ReadBuffer: 100},
	"short reads":  {MaxRead: 7},
	"now or soon":  {MaxLatency: 1},
	"latency":      {MinLatency: time.Millisecond, MaxLatency: 9 * time.Millisecond},
	"all": {
		ReadBuffer: 3, MaxRead: 2, Seed: 7, ResetKeepsUnread: true,
		MinLatency: 0, MaxLatency: time.Millisecond,
	},
}

// conformance runs a test under each configuration, in a bubble: what blocks for
// ever is reported as a deadlock.
func conformance(t *testing.T, test func(t *testing.T, p *pair)) {
	for name, config := range configurations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, connect(t, config)) })
		})
	}
}

func TestAddresses(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		for _, c := range []struct {
			got  net.Addr
			want string
		}{
			{p.client.LocalAddr(), "10.0.0.2:32768"},
			{p.client.RemoteAddr(), "10.0.0.1:6800"},
			{p.server.LocalAddr(), "10.0.0.1:6800"},
			{p.server.RemoteAddr(), "10.0.0.2:32768"},
		} {
			if _, ok := c.got.(*net.TCPAddr); !ok || c.got.String() != c.want {
				t.Errorf("address is %T %v, want *net.TCPAddr %s", c.got, c.got, c.want)
			}
		}
	})
}

func TestBytesArriveInOrder(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		random := rand.New(rand.NewPCG(1, 2))
		sent := make([]byte, 20_000)
		for i := range sent {
			sent[i] = byte(random.Uint32())
		}
		for _, ends := range [][2]net.Conn{{p.client, p.server}, {p.server, p.client}} {
			go func() {
				for rest := sent; len(rest) > 0; {
					n := min(len(rest), 1+random.IntN(3000))
					if m, err := ends[0].Write(rest[:n]); m != n || err != nil {
						t.Errorf("wrote %d of %d bytes: %v", m, n, err)
					}
					rest = rest[n:]
				}
				closeWrite(t, ends[0])
			}()
			got, err := io.ReadAll(ends[1])
			if err != nil || !bytes.Equal(got, sent) {
				t.Errorf("read %d bytes, %v, other than the %d sent", len(got), err, len(sent))
			}
		}
	})
}

func TestWritesDoNotMix(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		const writers, size = 8, 500
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				if _, err := p.client.Write(bytes.Repeat([]byte{byte('a' + i)}, size)); err != nil {
					t.Error(err)
				}
			})
		}
		seen := make(map[byte]bool)
		for range writers {
			got := make([]byte, size)
			if _, err := io.ReadFull(p.server, got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, bytes.Repeat(got[:1], size)) || seen[got[0]] {
				t.Errorf("the bytes of two writes are mixed: %q", got)
			}
			seen[got[0]] = true
		}
		wg.Wait()
	})
}

func TestDeadlines(t *testing.T) {
	wantTimeout := func(t *testing.T, err error) {
		t.Helper()
		var netErr net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &netErr) ||
			!netErr.Timeout() {
			t.Fatalf("error is %v, want a timeout", err)
		}
	}
	endless := make([]byte, 1<<20) // more than any buffer holds

	conformance(t, func(t *testing.T, p *pair) {
		// In the past: at once, even if data is there.
		write(t, p.server, "x")
		synctest.Wait()
		p.client.SetDeadline(time.Unix(1, 0))
		_, err := p.client.Read(make([]byte, 1))
		wantTimeout(t, err)
		_, err = p.client.Write([]byte("x"))
		wantTimeout(t, err)

		// Lifted, reading goes on where it was.
		p.client.SetDeadline(time.Time{})
		wantRead(t, p.client, "x")

		// In the future: neither earlier nor later.
		begin := time.Now()
		p.client.SetReadDeadline(begin.Add(time.Minute))
		_, err = p.client.Read(make([]byte, 1))
		wantTimeout(t, err)
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("read waited %v, want a minute", waited)
		}
		begin = time.Now()
		p.client.SetWriteDeadline(begin.Add(time.Hour))
		n, err := p.client.Write(endless)
		wantTimeout(t, err)
		if waited := time.Since(begin); waited != time.Hour || n == 0 || n == len(endless) {
			t.Errorf("write waited %v for %d bytes, want an hour and what the buffer holds", waited,
				n)
		}

		// Moved while a read waits.
		p.client.SetDeadline(time.Time{})
		done := make(chan error)
		go func() {
			_, err := p.client.Read(make([]byte, 1))
			done <- err
		}()
		synctest.Wait()
		p.client.SetReadDeadline(time.Now())
		wantTimeout(t, <-done)
	})
}

func TestWriteWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{ReadBuffer: 4})
		done := make(chan struct{})
		go func() {
			write(t, p.client, "0123456789")
			close(done)
		}()
		for _, want := range []string{"0123", "4567"} {
			synctest.Wait()
			select {
			case <-done:
				t.Fatal("the write returned before all of it had room")
			default:
			}
			wantRead(t, p.server, want)
		}
		<-done
		wantRead(t, p.server, "89")
		if s := p.conn.ClientToServer(); s.Sent() != 10 || s.Delivered() != 10 {
			t.Errorf("sent %d, delivered %d, want 10 each", s.Sent(), s.Delivered())
		}
	})
}

func TestCloseEndsWaitingCalls(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		done := make(chan error)
		go func() {
			_, err := p.client.Read(make([]byte, 1))
			done <- err
		}()
		go func() {
			_, err := p.client.Write(make([]byte, 1<<20))
			done <- err
		}()
		synctest.Wait()
		closeConn(t, p.client)
		for range 2 {
			if err := <-done; !errors.Is(err, net.ErrClosed) {
				t.Errorf("error is %v, want net.ErrClosed", err)
			}
		}
		for name, err := range map[string]error{
			"close":       p.client.Close(),
			"close write": p.client.(interface{ CloseWrite() error }).CloseWrite(),
			"deadline":    p.client.SetDeadline(time.Time{}),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after Close: %v, want net.ErrClosed", name, err)
			}
		}
	})
}

func TestCloseWrite(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		go func() {
			write(t, p.client, "last words")
			closeWrite(t, p.client)
		}()
		if got, err := readAll(p.server); got != "last words" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		if _, err := p.client.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after CloseWrite: %v, want EPIPE", err)
		}
		go func() {
			write(t, p.server, "answer")
			closeConn(t, p.server)
		}()
		if got, err := readAll(p.client); got != "answer" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

func TestDataOutlivesClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{MinLatency: time.Second})
		write(t, p.client, "last words")
		closeConn(t, p.client)
		if got, err := readAll(p.server); got != "last words" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

// Close with unread data is a reset, and takes along what the peer has not read.
func TestCloseWithUnreadData(t *testing.T) {
	for keeps, want := range map[bool]string{false: "", true: "last words"} {
		synctest.Test(t, func(t *testing.T) {
			p := connect(t, memnet.Config{ResetKeepsUnread: keeps})
			write(t, p.client, "last words")
			write(t, p.server, "nobody reads this")
			closeConn(t, p.client)
			got, err := readAll(p.server)
			if got != want || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read %q, %v, want %q, ECONNRESET", got, err, want)
			}
			if _, err := p.server.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("write: %v, want ECONNRESET", err)
			}
		})
	}
}

// Data that a reset takes along must not look like a clean end, even if a FIN
// had arrived behind it.
func TestResetAfterFIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{})
		write(t, p.client, "last words")
		closeWrite(t, p.client)
		write(t, p.server, "nobody reads this")
		closeConn(t, p.client)
		if got, err := readAll(p.server); got != "" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %q, %v, want ECONNRESET", got, err)
		}
	})
}

// The first write to a peer that is gone succeeds; its answer is a reset.
func TestWriteToClosedPeer(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		closeConn(t, p.client)
		if got, err := readAll(p.server); got != "" || err != nil {
			t.Errorf("read %q, %v, want io.EOF", got, err)
		}
		write(t, p.server, "x")
		time.Sleep(time.Second) // virtual: there and back
		if _, err := p.server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("second write: %v, want EPIPE", err)
		}
		if got, err := readAll(p.server); got != "" || err != nil {
			t.Errorf("read %q, %v, want io.EOF still", got, err)
		}
	})
}

func TestEmptyReadAndWrite(t *testing.T) {
	conformance(t, func(t *testing.T, p *pair) {
		if n, err := p.client.Read(nil); n != 0 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		if n, err := p.client.Write(nil); n != 0 || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		if s := p.conn.ClientToServer(); s.Writes() != 0 {
			t.Errorf("%d writes counted, want none", s.Writes())
		}
	})
}

// All methods at once, in real time: for the race detector.
func TestConcurrentUse(t *testing.T) {
	p := connect(t, memnet.Config{ReadBuffer: 64, MaxLatency: 100 * time.Microsecond})
	var wg sync.WaitGroup
	for _, c := range []net.Conn{p.client, p.server} {
		for range 4 {
			wg.Go(func() {
				for range 50 {
					c.Write(make([]byte, 100))
					c.SetDeadline(time.Now().Add(time.Millisecond))
				}
			})
			wg.Go(func() {
				for range 50 {
					c.Read(make([]byte, 100))
					c.SetReadDeadline(time.Now().Add(time.Millisecond))
				}
			})
		}
	}
	wg.Go(func() {
		for range 20 {
			p.conn.Stall()
			p.network.Partition(p.clientHost, p.serverHost)
			p.conn.ClientToServer().Sent()
			p.network.Heal(p.clientHost, p.serverHost)
			p.conn.Resume()
		}
	})
	wg.Wait()
	p.conn.Reset()
}
