package memnet_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"simplemessenger/memnet"
)

// withLatency runs a test in bubbles, on a network without latency and on one with.
func withLatency(t *testing.T, test func(t *testing.T, config memnet.Config)) {
	for _, latency := range []time.Duration{0, time.Millisecond} {
		t.Run(fmt.Sprint("latency ", latency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, memnet.Config{MinLatency: latency}) })
		})
	}
}

// settle lets everything in flight arrive.
func settle() {
	time.Sleep(time.Minute) // virtual
	synctest.Wait()
}

func TestCutAfterBytes(t *testing.T) {
	const text = "hello, world"
	withLatency(t, func(t *testing.T, config memnet.Config) {
		for cut := range len(text) + 2 {
			var fault *memnet.Fault
			p := connect(t, config, func(c *memnet.Conn) {
				fault = c.ClientToServer().AfterBytes(int64(cut), memnet.Cut)
			})
			written := 0
			var writeErr error
			for _, part := range []string{text[:5], text[5:]} {
				var n int
				if n, writeErr = io.WriteString(p.client, part); writeErr != nil {
					written += n
					break
				}
				written += n
			}
			if fits := cut >= len(
				text); fits != (writeErr == nil) || written != min(cut, len(text)) {
				t.Errorf("cut at %d: wrote %d, %v", cut, written, writeErr)
			}
			if writeErr != nil && !errors.Is(writeErr, syscall.ECONNRESET) {
				t.Errorf("cut at %d: write: %v, want ECONNRESET", cut, writeErr)
			}
			if fault.HasFired() != (cut <= len(text)) {
				t.Errorf("cut at %d: fired: %v", cut, fault.HasFired())
			}
			if !fault.HasFired() {
				closeConn(t, p.client)
			}
			got, err := readAll(p.server)
			if got != text[:written] || fault.HasFired() != errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("cut at %d: read %q, %v", cut, got, err)
			}
			p.network.Close()
		}
	})
}

// The end that is cut loses what it has not read; both ends fail from then on.
func TestCutBreaksBothDirections(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		write(t, p.server, "unread")
		settle()
		p.conn.ClientToServer().Cut()
		settle()
		for name, c := range map[string]net.Conn{"client": p.client, "server": p.server} {
			if got, err := readAll(c); got != "" || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s read %q, %v, want ECONNRESET", name, got, err)
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s write: %v, want ECONNRESET", name, err)
			}
		}
		if live := p.network.Conns(); len(live) != 0 {
			t.Errorf("connections %v are still known", live)
		}
	})
}

func TestCutAtWrite(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config, func(c *memnet.Conn) { c.ServerToClient().AtWrite(3, memnet.Cut) })
		write(t, p.server, "one ")
		write(t, p.server, "two ")
		if n, err := io.WriteString(p.server,
			"three"); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("third write: %d, %v, want ECONNRESET", n, err)
		}
		if got, err := readAll(p.client); got != "one two " || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

func TestCutAtRead(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config, func(c *memnet.Conn) { c.ClientToServer().AtRead(2, memnet.Cut) })
		write(t, p.server, "answer")
		write(t, p.client, "one")
		wantRead(t, p.server, "one")
		write(t, p.client, "two")
		settle()
		if n, err := p.server.Read(make([]byte, 3)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("second read: %d, %v, want ECONNRESET", n, err)
		}
		if got, err := readAll(p.client); got != "answer" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer read %q, %v, want all that was sent to it, then ECONNRESET", got,
				err)
		}
	})
}

func TestHalfCloseFault(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config, func(c *memnet.Conn) {
			c.ClientToServer().AfterBytes(3, memnet.HalfClose)
		})
		if n, err := io.WriteString(p.client, "hello"); n != 3 || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("wrote %d, %v, want 3, EPIPE", n, err)
		}
		if got, err := readAll(p.server); got != "hel" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		write(t, p.server, "still here")
		wantRead(t, p.client, "still here")
	})
}

func TestHalfCloseAtRead(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config, func(c *memnet.Conn) {
			c.ClientToServer().AtRead(2, memnet.HalfClose)
		})
		write(t, p.client, "one")
		wantRead(t, p.server, "one")
		write(t, p.client, "two")
		if got, err := readAll(p.server); got != "" || err != nil {
			t.Errorf("read %q, %v, want io.EOF", got, err)
		}
		if _, err := p.client.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write: %v, want EPIPE", err)
		}
	})
}

func TestCloseWriteFromOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{})
		go p.conn.ServerToClient().CloseWrite()
		if got, err := readAll(p.client); got != "" || err != nil {
			t.Errorf("read %q, %v, want io.EOF", got, err)
		}
	})
}

// stalls are the ways to stall a stream behind the four bytes of "seen".
var stalls = map[string]func(*memnet.Stream){
	"after bytes": func(s *memnet.Stream) { s.AfterBytes(4, memnet.Stall) },
	"at write":    func(s *memnet.Stream) { s.AtWrite(2, memnet.Stall) },
	"at read":     func(s *memnet.Stream) { s.AtRead(2, memnet.Stall) },
}

func TestStall(t *testing.T) {
	for name, stall := range stalls {
		t.Run(name, func(t *testing.T) {
			withLatency(t, func(t *testing.T, config memnet.Config) {
				p := connect(t, config, func(c *memnet.Conn) { stall(c.ClientToServer()) })
				write(t, p.client, "seen")
				wantRead(t, p.server, "seen")
				write(t, p.client, "waiting")
				closeConn(t, p.client)
				p.server.SetReadDeadline(time.Now().Add(time.Hour))
				if got, err := readAll(p.server); got != "" || !isTimeout(err) {
					t.Errorf("read %q, %v from a stalled stream, want a timeout", got, err)
				}
				p.server.SetReadDeadline(time.Time{})
				p.conn.ClientToServer().Resume()
				if got, err := readAll(p.server); got != "waiting" || err != nil {
					t.Errorf("after Resume: read %q, %v", got, err)
				}
			})
		})
	}
}

// A stall keeps back what has arrived, and one direction does not stall the other.
func TestStallNow(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		write(t, p.client, "arrived")
		settle()
		p.conn.ClientToServer().Stall()
		write(t, p.server, "other direction")
		wantRead(t, p.client, "other direction")
		done := make(chan string)
		go func() {
			wantRead(t, p.server, "arrived")
			close(done)
		}()
		settle()
		select {
		case <-done:
			t.Error("a stalled stream was read")
		default:
		}
		p.conn.ClientToServer().Resume()
		<-done
	})
}

// A stalled reader does not see the end either.
func TestStallHidesEnd(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*pair)
		want error
	}{
		"FIN": {func(p *pair) { p.client.Close() }, nil},
		"cut": {func(p *pair) { p.conn.ClientToServer().Cut() }, syscall.ECONNRESET},
		"RST": {func(p *pair) {
			io.WriteString(p.server, "unread")
			settle()
			p.client.Close()
		}, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			withLatency(t, func(t *testing.T, config memnet.Config) {
				p := connect(t, config)
				p.conn.ClientToServer().Stall()
				c.end(p)
				p.server.SetReadDeadline(time.Now().Add(time.Hour))
				if _, err := p.server.Read(make([]byte, 1)); !isTimeout(err) {
					t.Errorf("read: %v from a stalled stream, want a timeout", err)
				}
				p.server.SetReadDeadline(time.Time{})
				p.conn.ClientToServer().Resume()
				if _, err := readAll(p.server); !errors.Is(err, c.want) {
					t.Errorf("after Resume: %v, want %v", err, c.want)
				}
			})
		})
	}
}

// Of two stalls the earlier place holds; Resume ends both.
func TestStallTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{})
		s := p.conn.ClientToServer()
		s.AfterBytes(4, memnet.Stall)
		s.Stall()
		write(t, p.client, "0123456789")
		p.server.SetReadDeadline(time.Now().Add(time.Hour))
		if got, err := readAll(p.server); got != "" || !isTimeout(err) {
			t.Errorf("read %q, %v, want a timeout", got, err)
		}
		p.server.SetReadDeadline(time.Time{})
		s.Resume()
		wantRead(t, p.server, "0123456789")
	})
}

// Writes to a stalled stream go on until it is full.
func TestStallFillsBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{ReadBuffer: 10})
		p.conn.Stall()
		p.client.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := p.client.Write(make([]byte, 11)); n != 10 || !isTimeout(err) {
			t.Errorf("wrote %d, %v, want 10 and a timeout", n, err)
		}
		if s := p.conn.ClientToServer(); s.Sent() != 10 || s.Delivered() != 0 {
			t.Errorf("sent %d, delivered %d", s.Sent(), s.Delivered())
		}
	})
}

func TestFaultsOneAfterTheOther(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		var stall, cut *memnet.Fault
		p := connect(t, config, func(c *memnet.Conn) {
			cut = c.ClientToServer().AfterBytes(8, memnet.Cut)
			stall = c.ClientToServer().AfterBytes(4, memnet.Stall)
		})
		go io.WriteString(p.client, "0123456789")
		<-stall.Fired()
		wantRead(t, p.server, "0123")
		<-cut.Fired()
		p.conn.ClientToServer().Resume()
		if got, err := readAll(p.server); got != "4567" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %q, %v, want 4567, ECONNRESET", got, err)
		}
	})
}

func TestReset(t *testing.T) {
	withLatency(t, func(t *testing.T, config memnet.Config) {
		p := connect(t, config)
		write(t, p.client, "unread")
		settle()
		write(t, p.client, "in flight")
		done := make(chan error)
		go func() {
			_, err := p.client.Read(make([]byte, 1))
			done <- err
		}()
		synctest.Wait()
		p.conn.Reset()
		if err := <-done; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("waiting read: %v, want ECONNRESET", err)
		}
		if got, err := readAll(p.server); got != "" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %q, %v, want ECONNRESET", got, err)
		}
		closeConn(t, p.client)
		if _, err := p.client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after Close: %v, want net.ErrClosed", err)
		}
	})
}

// failures runs writes and reads until a random failure; it tells at which I/O.
func failures(t *testing.T, seed uint64, oneIn int) (at int, where string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{Seed: seed, FailOneIn: oneIn})
		for at = 1; ; at += 2 {
			if _, err := p.client.Write([]byte("x")); err != nil {
				where = err.Error()
				return
			}
			if _, err := p.server.Read(make([]byte, 1)); err != nil {
				at++
				where = err.Error()
				return
			}
		}
	})
	return at, where
}

func TestRandomFailures(t *testing.T) {
	const oneIn, sessions = 30, 400
	total, reads := 0, 0
	for seed := range uint64(sessions) {
		at, where := failures(t, seed, oneIn)
		if again, _ := failures(t, seed, oneIn); at != again {
			t.Fatalf("seed %d: failed at I/O %d, then at %d", seed, at, again)
		}
		total += at
		if strings.HasPrefix(where, "read") {
			reads++
		}
	}
	if mean := total / sessions; mean < oneIn/2 || mean > oneIn*2 {
		t.Errorf("one in %d I/Os failed, want one in %d", mean, oneIn)
	}
	if reads < sessions/4 || reads > sessions*3/4 {
		t.Errorf("%d of %d failures are reads", reads, sessions)
	}
}

func TestSetFailOneIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := connect(t, memnet.Config{FailOneIn: 1})
		p.network.SetFailOneIn(0)
		write(t, p.client, "x")
		wantRead(t, p.server, "x")
		p.network.SetFailOneIn(1)
		if _, err := p.client.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write: %v, want ECONNRESET", err)
		}
	})
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}
